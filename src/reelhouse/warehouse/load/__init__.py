"""From the landing bucket to the raw tables: how each system loads whole lines."""
