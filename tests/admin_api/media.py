"""How schemathesis is to send the media type that it does not know."""
import schemathesis


@schemathesis.serializer("application/toml")
def toml(context, value):
    """A limits file is a string; other generated values are sent in their printed form."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
