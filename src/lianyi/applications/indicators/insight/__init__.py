"""What is behind the numbers: who moved them, how they may go on, how others stand (洞察)."""
