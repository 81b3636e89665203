"""The module that Lightning trains."""

import lightning
import torch
from common import dataset, model, result


class Module(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.network = model()

    def training_step(self, batch, index):
        loss = torch.nn.functional.mse_loss(self.network(batch[0]), batch[1])
        mean = self.all_gather(loss.detach()).mean()
        result(f"loss{index}", mean.item())
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def train(strategy) -> None:
    trainer = lightning.Trainer(
        accelerator="gpu" if torch.cuda.is_available() else "cpu", devices=2, strategy=strategy, max_epochs=1,
        logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Module(), torch.utils.data.DataLoader(dataset(), batch_size=4))
