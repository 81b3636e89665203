"""Found by every Python that ``uniference run`` and ``uniference exec`` start, before it runs anything else."""

import os
import sys


def run_former_sitecustomize() -> None:
    """The environment's own ``sitecustomize``, which this one hides."""
    import importlib.util

    here = os.path.dirname(os.path.abspath(__file__))
    for folder in sys.path:
        path = os.path.join(folder, "sitecustomize.py")
        if os.path.abspath(folder) != here and os.path.isfile(path):
            spec = importlib.util.spec_from_file_location("sitecustomize_of_the_environment", path)
            if spec is not None and spec.loader is not None:
                spec.loader.exec_module(importlib.util.module_from_spec(spec))
            return


def call(name: str) -> None:
    """Calls a function of the hook. Where it fails, a script must not run on as if nothing had been."""
    is_launching = "UNIFERENCE_LAUNCH" in os.environ
    try:
        from uniference.startup import hook

        getattr(hook, name)()
    except BaseException as error:
        sys.stderr.write(f"uniference: error: {sys.executable} cannot be simulated: {error}\n")
        sys.stderr.flush()
        if is_launching:
            os._exit(70)


if "UNIFERENCE_SESSION" in os.environ:
    call("prepare")
run_former_sitecustomize()
if "UNIFERENCE_SESSION" in os.environ:
    call("begin")
