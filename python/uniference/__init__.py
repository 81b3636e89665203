"""PyTorch scripts in simulation: the rank's side of the bridge to the engine.

Read `process_group` first, for what scripts call; then `group_calls` and `session`, for what the engine hears of it.
"""
