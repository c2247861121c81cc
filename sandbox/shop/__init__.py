"""A believable PHP shop: its tables, the rows in them, and what else its application defines."""
