"""Who did what with whose data: questions over the acts in the log, their proof, their export."""
