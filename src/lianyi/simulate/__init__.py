"""The simulated hospital: HIS, LIS, RIS and EMR as processes with real sockets and invented people."""
