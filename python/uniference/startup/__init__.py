"""Put on the module path of processes that are to find a simulated cluster, for its ``sitecustomize``."""
