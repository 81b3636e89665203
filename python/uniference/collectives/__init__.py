"""The operations of a process group, by what they do with tensors."""
