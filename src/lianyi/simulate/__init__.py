"""The simulated hospital: HIS, LIS, RIS and EMR as processes, real sockets, invented people."""
