"""How schemathesis is to send the media type that it does not know."""
import schemathesis


@schemathesis.serializer("application/toml")
def toml(context, value):
    """A limits file is a text; whatever else is made up for one is sent as it prints."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
