"""Links by which another system opens one patient's record for one of its users, in its frame."""
