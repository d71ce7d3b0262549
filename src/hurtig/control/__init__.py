"""What JobMaster and TaskManagers say to each other."""
