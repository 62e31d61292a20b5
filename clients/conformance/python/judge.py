"""What a client makes of tokens, clocks, answers and times: the rules of docs/rules.txt (VER to FEA) in Python.

Needs Python 3.9 and the package `cryptography`. Instants and durations are milliseconds, but in tokens, where they are
seconds. Nothing here raises for what a server or a thief may send.
"""

import base64
import hashlib
import json
import math
import re
from email.utils import parsedate_to_datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

TOLERANCE = 300_000
LONGEST = 16_384
# `$` lets a newline through, so `fullmatch`; `\w` would take letters of every alphabet.
COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")
TIMES = ("server_time", "exp", "refresh_after", "lease_expires_at", "license_expires_at", "grace_until", "gen")


def _bytes(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _no_constant(name):
    raise ValueError(name)


def _object(data):
    """The JSON object that the bytes are, or None. NaN and Infinity are no JSON (RFC 8259)."""
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _holds(key, signature, signed):
    """VER-1: whether the signature is the key's. ES256 signatures are two numbers of 32 bytes each (RFC 7518, 3.4)."""
    number = lambda name: int.from_bytes(_bytes(key[name]), "big")
    try:
        if key["alg"] == "ES256":
            if len(signature) != 64:
                return False
            public = ec.EllipticCurvePublicNumbers(number("x"), number("y"), ec.SECP256R1()).public_key()
            pair = [int.from_bytes(half, "big") for half in (signature[:32], signature[32:])]
            public.verify(encode_dss_signature(*pair), signed, ec.ECDSA(SHA256()))
        elif key["alg"] == "Ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(_bytes(key["x"])).verify(signature, signed)
        elif key["alg"] == "RS256":
            public = rsa.RSAPublicNumbers(number("e"), number("n")).public_key()
            public.verify(signature, signed, padding.PKCS1v15(), SHA256())
        else:
            return False
    except (InvalidSignature, ValueError, KeyError):
        return False
    return True


def verify_signature(token, keys, typ):
    """(claims, None), or (None, the first thing that is wrong): VER-1 to VER-5."""
    parts = COMPACT.fullmatch(token) if len(token) <= LONGEST else None
    try:
        header = _object(_bytes(parts[1])) if parts else None
        payload, signature = (_bytes(parts[2]), _bytes(parts[3])) if parts else (b"", b"")
    except ValueError:
        header = None
    if header is None:
        return None, "malformed"
    if header.get("typ") != typ or "crit" in header:
        return None, "type"
    key = next((key for key in keys if key["kid"] == header.get("kid")), None)
    if key is None:
        return None, "key-unknown"
    if header.get("alg") != key["alg"]:
        return None, "algorithm"
    if not _holds(key, signature, f"{parts[1]}.{parts[2]}".encode()):
        return None, "signature"
    claims = _object(payload)
    return (None, "claims") if claims is None else (claims, None)


def verify(token, keys, product, issuer=None, fingerprint=None, device_key=None):
    """The same of a license token of this product and device: VER-6 to VER-10, too."""
    claims, wrong = verify_signature(token, keys, "license+jwt")
    if wrong:
        return None, wrong
    needed = all(_is_number(claims.get(name)) for name in ("iat", "nbf"))
    named = all(isinstance(claims.get(name), str) for name in ("sub", "sid", "jti"))
    if not needed or not named or not all(_is_number(claims[name]) for name in TIMES if name in claims):
        return None, "claims"
    audience = claims.get("aud")
    if product not in (audience if isinstance(audience, list) else [audience]):
        return None, "product"
    if issuer is not None and claims.get("iss") != issuer:
        return None, "issuer"
    if fingerprint is not None:
        digest = base64.urlsafe_b64encode(hashlib.sha256(fingerprint.encode()).digest()).decode().rstrip("=")
        if claims.get("fp") != digest:
            return None, "device"
    bound = (claims.get("cnf") or {}).get("jkt")
    return (None, "device-key") if bound is not None and bound != device_key else (claims, None)


def endorsed(key_set, keys, product):
    """TRU-2: the keys of a signed key set, if one of `keys` has signed it and it is the product's."""
    claims, wrong = verify_signature(key_set, keys, "jwk-set+jwt")
    if wrong or claims.get("sub") != product or not isinstance(claims.get("keys"), list):
        return []
    return [key for key in claims["keys"] if isinstance(key, dict) and "kid" in key and "alg" in key]


def signed_at(claims):
    return claims.get("server_time", claims["iat"])


STANDINGS = {
    "license-revoked": "revoked",
    "license-suspended": "suspended",
    "license-expired": "expired",
    "license-not-yet-effective": "not-yet-effective",
    "session-unknown": "ended",
    "activation-ended": "ended",
}


def judge(claims, wall, skew=0, mark=0, elapsed=0, seen=0, released=None, refusal=None, contact_failed=False):
    """What verified claims permit at `wall`, the device's clock: CLK, GRC, REF."""
    ms = lambda name: None if name not in claims else claims[name] * 1000
    newest = max(signed_at(claims) * 1000, mark) + elapsed
    told, until = wall - skew, ms("exp")
    now = max(told, newest)
    if until is not None and seen > until:
        seen = 0
    if wall < seen - TOLERANCE:
        clock = "went-back"
    elif abs(skew) > TOLERANCE:
        clock = "skewed"
    else:
        clock = "behind" if told < newest - TOLERANCE else "ok"

    def verdict(status, usable=False, **more):
        return {"status": status, "usable": usable, "clock": clock, **more}

    if released == claims["sid"]:
        return verdict("released")
    standing = STANDINGS.get(refusal["code"]) if refusal and refusal["jti"] == claims["jti"] else None
    if standing == "revoked":
        return verdict("revoked")
    if standing == "not-yet-effective" or claims["nbf"] * 1000 > now:
        return verdict("not-yet-effective")
    if until is not None and now >= until:
        license_end, lease_end = ms("license_expires_at"), ms("lease_expires_at")
        if license_end is not None and license_end <= now:
            return verdict("expired", reason="license", at=license_end)
        if lease_end is not None and lease_end <= now:
            return verdict("expired", reason="lease", at=lease_end)
        return verdict("expired", reason="contact", at=until)
    if standing == "expired":
        return verdict("expired", reason="license", at=ms("license_expires_at"))
    if standing:
        return verdict(standing)
    since = ms("refresh_after")
    if contact_failed and since is not None and now >= since:
        return verdict("grace", True, since=since, until=until)
    return verdict("active", True, until=until)


def renew_at(claims, received_at, r):
    """SCH-1: the instant to renew, or None for never."""
    if "refresh_after" not in claims:
        return None
    interval = claims["refresh_after"] - signed_at(claims)
    spread = interval if interval < 60 else interval * (0.9 + 0.2 * r)
    life = claims["exp"] - signed_at(claims) if "exp" in claims else math.inf
    return received_at + round(max(0, min(spread, life * 0.9)) * 1000)


def newer(stored, incoming):
    """STO-3: which of two tokens is kept."""
    if stored is None or signed_at(incoming) > signed_at(stored):
        return "incoming"
    tie = signed_at(incoming) == signed_at(stored) and incoming["sid"] == stored["sid"]
    return "incoming" if tie and incoming.get("gen", 0) > stored.get("gen", 0) else "stored"
