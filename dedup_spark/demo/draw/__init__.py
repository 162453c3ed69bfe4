"""Pictures of products drawn by code: outlines, cloths and one lamp."""
