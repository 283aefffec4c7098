"""HTTP: parameters in, answers out. No SQL, no rules of the business."""
