# Prints the claims, or why the token is refused: python3 verify.py TOKEN KEY PRODUCT FINGERPRINT
# Packages: PyJWT and cryptography (Debian: python3-jwt, python3-cryptography).

import base64
import hashlib
import json
import sys

import jwt
from cryptography.hazmat.primitives.serialization import load_der_public_key


def verify(token, key, product, fingerprint):
    public_key = load_der_public_key(base64.b64decode(key))
    # Refuses a token that has ended as well: exp binds where it is there, and nbf and iat.
    claims = jwt.decode(token, public_key, algorithms=["ES256"], audience=product)
    if jwt.get_unverified_header(token).get("typ") != "license+jwt":
        raise jwt.InvalidTokenError("it is no license token")
    device = base64.urlsafe_b64encode(hashlib.sha256(fingerprint.encode()).digest())
    if claims.get("fp") != device.rstrip(b"=").decode():
        raise jwt.InvalidTokenError("it is another device's")
    return claims


try:
    print(json.dumps(verify(*sys.argv[1:])))
except jwt.InvalidTokenError as error:
    sys.exit(f"refused: {error}")
