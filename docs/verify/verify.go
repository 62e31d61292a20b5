// Prints the claims, or why the token is refused: go run verify.go TOKEN KEY PRODUCT FINGERPRINT
// The standard library alone.
package main

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"time"
)

func verify(token, key, product, fingerprint string) ([]byte, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("it has not three parts")
	}
	var header struct{ Alg, Typ string }
	if err := unpack(parts[0], &header); err != nil {
		return nil, err
	}
	if header.Alg != "ES256" || header.Typ != "license+jwt" {
		return nil, errors.New("it is no license token")
	}
	if err := checkSignature(parts, key); err != nil {
		return nil, err
	}
	var claims struct {
		Aud json.RawMessage
		Exp *int64
		Nbf int64
		Fp  string
	}
	if err := unpack(parts[1], &claims); err != nil {
		return nil, err
	}
	now, device := time.Now().Unix(), sha256.Sum256([]byte(fingerprint))
	switch {
	case !contains(claims.Aud, product):
		return nil, errors.New("it is for another product")
	case claims.Exp != nil && *claims.Exp <= now:
		return nil, errors.New("it has ended")
	case claims.Nbf > now:
		return nil, errors.New("it has not begun")
	case claims.Fp != base64.RawURLEncoding.EncodeToString(device[:]):
		return nil, errors.New("it is another device's")
	}
	return base64.RawURLEncoding.DecodeString(parts[1])
}

// The signature of ES256 is r and s, 32 bytes each.
func checkSignature(parts []string, key string) error {
	der, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return err
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return err
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if !ok || err != nil || len(signature) != 64 {
		return errors.New("its signature is none of this key")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(public, digest[:], r, s) {
		return errors.New("its signature is wrong")
	}
	return nil
}

func unpack(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// aud is a text for one product, a list for several.
func contains(aud json.RawMessage, product string) bool {
	var one string
	if json.Unmarshal(aud, &one) == nil {
		return one == product
	}
	var several []string
	_ = json.Unmarshal(aud, &several)
	for _, each := range several {
		if each == product {
			return true
		}
	}
	return false
}

func main() {
	if len(os.Args) != 5 {
		panic("go run verify.go TOKEN KEY PRODUCT FINGERPRINT")
	}
	claims, err := verify(os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	fmt.Println(string(claims))
}
