"""Real object stores on this machine, behind proxies of ours that can be told to fail."""
