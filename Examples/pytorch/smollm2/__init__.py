"""SmolLM2-135M-Instruct in plain torch, on one device or several."""
