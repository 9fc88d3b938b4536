"""`labctl grade`: learners' work, applied and checked anew where the teacher is."""
