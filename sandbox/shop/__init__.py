"""A believable PHP shop: its tables, the rows in them, and the customers who keep ordering."""
