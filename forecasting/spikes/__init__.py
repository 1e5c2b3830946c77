"""Days and single charges far above a workspace's own past, and what caused them."""
