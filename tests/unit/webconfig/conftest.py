from tests.support.webconfig import ca, folder

__all__ = ["ca", "folder"]
