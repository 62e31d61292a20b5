// Package main: what a client makes of tokens and clocks, the rules of docs/rules.txt (VER, CLK, GRC, REF, TRU, FEA,
// SCH, STO) in Go with the standard library. Instants and durations are milliseconds, but in tokens, where they are
// seconds.
package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	tolerance = 300_000.0
	longest   = 16_384
	tick      = 60_000.0
)

// Object is a JSON object; numbers in it are float64.
type Object = map[string]any

// Key is a public key of the product: a JWK with kid and alg.
type Key = Object

// The base64 decoder of the library skips line breaks, so that the form is looked at first (VER-2).
var compact = regexp.MustCompile(`\A([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)\z`)

var times = []string{"server_time", "exp", "refresh_after", "lease_expires_at", "license_expires_at", "grace_until", "gen"}

func object(data []byte) (Object, bool) {
	var value Object
	if !utf8.Valid(data) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if decoder.Decode(&value) != nil || value == nil || decoder.More() {
		return nil, false
	}
	return value, true
}

func text(from Object, name string) string {
	value, _ := from[name].(string)
	return value
}

func number(key Key, name string) *big.Int {
	data, _ := base64.RawURLEncoding.DecodeString(text(key, name))
	return new(big.Int).SetBytes(data)
}

// VER-1: whether the signature is the key's. ES256 signatures are two numbers of 32 bytes each (RFC 7518, 3.4).
func holds(key Key, signature, signed []byte) bool {
	digest := sha256.Sum256(signed)
	switch text(key, "alg") {
	case "ES256":
		public := ecdsa.PublicKey{Curve: elliptic.P256(), X: number(key, "x"), Y: number(key, "y")}
		if len(signature) != 64 || !public.Curve.IsOnCurve(public.X, public.Y) {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(&public, digest[:], r, s)
	case "Ed25519":
		public := number(key, "x").FillBytes(make([]byte, ed25519.PublicKeySize))
		return ed25519.Verify(public, signed, signature)
	case "RS256":
		public := rsa.PublicKey{N: number(key, "n"), E: int(number(key, "e").Int64())}
		return rsa.VerifyPKCS1v15(&public, crypto.SHA256, digest[:], signature) == nil
	}
	return false
}

// verifySignature gives the claims, or the first thing that is wrong (VER-1 to VER-5).
func verifySignature(token string, keys []Key, typ string) (Object, string) {
	parts := compact.FindStringSubmatch(token)
	if len(token) > longest || parts == nil {
		return nil, "malformed"
	}
	decoded := make([][]byte, 3)
	for at, part := range parts[1:] {
		data, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			return nil, "malformed"
		}
		decoded[at] = data
	}
	header, ok := object(decoded[0])
	if !ok {
		return nil, "malformed"
	}
	if _, critical := header["crit"]; critical || header["typ"] != any(typ) {
		return nil, "type"
	}
	var key Key
	for _, one := range keys {
		if header["kid"] == one["kid"] && key == nil {
			key = one
		}
	}
	if key == nil {
		return nil, "key-unknown"
	}
	if header["alg"] != key["alg"] {
		return nil, "algorithm"
	}
	if !holds(key, decoded[2], []byte(parts[1]+"."+parts[2])) {
		return nil, "signature"
	}
	claims, ok := object(decoded[1])
	if !ok {
		return nil, "claims"
	}
	return claims, ""
}

// Holder is whose token it has to be; what is nil is not looked at, but a token that is bound to a key needs it.
type Holder struct {
	Product                        string
	Issuer, Fingerprint, DeviceKey *string
}

// verify is the same of a license token (VER-6 to VER-10).
func verify(token string, keys []Key, holder Holder) (Object, string) {
	claims, wrong := verifySignature(token, keys, "license+jwt")
	if wrong != "" {
		return nil, wrong
	}
	for _, name := range []string{"iat", "nbf"} {
		if _, ok := claims[name].(float64); !ok {
			return nil, "claims"
		}
	}
	for _, name := range []string{"sub", "sid", "jti"} {
		if _, ok := claims[name].(string); !ok {
			return nil, "claims"
		}
	}
	for _, name := range times {
		if value, there := claims[name]; there {
			if _, ok := value.(float64); !ok {
				return nil, "claims"
			}
		}
	}
	audience, isList := claims["aud"].([]any)
	if !isList {
		audience = []any{claims["aud"]}
	}
	isOurs := false
	for _, one := range audience {
		isOurs = isOurs || one == any(holder.Product)
	}
	if !isOurs {
		return nil, "product"
	}
	if holder.Issuer != nil && claims["iss"] != any(*holder.Issuer) {
		return nil, "issuer"
	}
	if holder.Fingerprint != nil {
		digest := sha256.Sum256([]byte(*holder.Fingerprint))
		if claims["fp"] != any(base64.RawURLEncoding.EncodeToString(digest[:])) {
			return nil, "device"
		}
	}
	if cnf, ok := claims["cnf"].(Object); ok && cnf["jkt"] != nil {
		if holder.DeviceKey == nil || cnf["jkt"] != any(*holder.DeviceKey) {
			return nil, "device-key"
		}
	}
	return claims, ""
}

// endorsed gives the keys of a signed key set, if one of keys has signed it and it is the product's (TRU-2).
func endorsed(set string, keys []Key, product string) []Key {
	claims, wrong := verifySignature(set, keys, "jwk-set+jwt")
	held, _ := claims["keys"].([]any)
	if wrong != "" || claims["sub"] != any(product) {
		return nil
	}
	var found []Key
	for _, one := range held {
		if key, ok := one.(Object); ok && text(key, "kid") != "" {
			found = append(found, key)
		}
	}
	return found
}

func ms(claims Object, name string) (float64, bool) {
	seconds, ok := claims[name].(float64)
	return seconds * 1000, ok
}

func signedAt(claims Object) float64 {
	if at, ok := ms(claims, "server_time"); ok {
		return at
	}
	at, _ := ms(claims, "iat")
	return at
}

// Memory is what a device remembers beside the token.
type Memory struct {
	Skew, Mark, Elapsed, Seen float64
	Released                  string
	RefusedJti, RefusedCode   string
	ContactFailed             bool
}

var standings = map[string]string{
	"license-revoked": "revoked", "license-suspended": "suspended", "license-expired": "expired",
	"license-not-yet-effective": "not-yet-effective", "session-unknown": "ended", "activation-ended": "ended",
}

// judge tells what verified claims permit at wall, the device's clock (CLK, GRC, REF).
func judge(claims Object, wall float64, memory Memory) Object {
	told := wall - memory.Skew
	newest := math.Max(signedAt(claims), memory.Mark) + memory.Elapsed
	now := math.Max(told, newest)
	until, ends := ms(claims, "exp")
	seen := memory.Seen
	if ends && seen > until {
		seen = 0
	}
	clock := "ok"
	switch {
	case wall < seen-tolerance:
		clock = "went-back"
	case math.Abs(memory.Skew) > tolerance:
		clock = "skewed"
	case told < newest-tolerance:
		clock = "behind"
	}
	verdict := func(status string, usable bool, more Object) Object {
		found := Object{"status": status, "usable": usable, "clock": clock}
		for name, value := range more {
			found[name] = value
		}
		return found
	}
	standing := ""
	if memory.RefusedJti == text(claims, "jti") {
		standing = standings[memory.RefusedCode]
	}
	notBefore, _ := ms(claims, "nbf")
	licenseEnd, licensed := ms(claims, "license_expires_at")
	leaseEnd, leased := ms(claims, "lease_expires_at")
	since, renews := ms(claims, "refresh_after")
	end := any(nil)
	if ends {
		end = until
	}
	switch {
	case memory.Released == text(claims, "sid"):
		return verdict("released", false, nil)
	case standing == "revoked":
		return verdict("revoked", false, nil)
	case standing == "not-yet-effective" || notBefore > now:
		return verdict("not-yet-effective", false, nil)
	case ends && now >= until && licensed && licenseEnd <= now:
		return verdict("expired", false, Object{"reason": "license", "at": licenseEnd})
	case ends && now >= until && leased && leaseEnd <= now:
		return verdict("expired", false, Object{"reason": "lease", "at": leaseEnd})
	case ends && now >= until:
		return verdict("expired", false, Object{"reason": "contact", "at": until})
	case standing == "expired":
		return verdict("expired", false, Object{"reason": "license"})
	case standing != "":
		return verdict(standing, false, nil)
	case memory.ContactFailed && renews && now >= since:
		return verdict("grace", true, Object{"since": since, "until": end})
	}
	return verdict("active", true, Object{"until": end})
}

// renewAt is the instant to renew; false: never (SCH-1).
func renewAt(claims Object, receivedAt, r float64) (float64, bool) {
	due, ok := ms(claims, "refresh_after")
	if !ok {
		return 0, false
	}
	spread := due - signedAt(claims)
	if spread >= 60_000 {
		spread *= 0.9 + 0.2*r
	}
	if end, ok := ms(claims, "exp"); ok {
		spread = math.Min(spread, (end-signedAt(claims))*0.9)
	}
	return receivedAt + math.Round(math.Max(0, spread)), true
}

// newer tells which of two tokens is kept (STO-3).
func newer(stored, incoming Object) string {
	generation := func(claims Object) float64 { value, _ := claims["gen"].(float64); return value }
	if stored == nil || signedAt(incoming) > signedAt(stored) {
		return "incoming"
	}
	isTie := signedAt(incoming) == signedAt(stored) && strings.Compare(text(incoming, "sid"), text(stored, "sid")) == 0
	if isTie && generation(incoming) > generation(stored) {
		return "incoming"
	}
	return "stored"
}
