# Prints the claims, or why the token is refused: sh verify.sh TOKEN KEY PRODUCT FINGERPRINT
# Programs: openssl and jq.
set -eu

refuse() { echo "refused: $1" >&2; exit 1; }

# base64url, without padding, as bytes.
decode() {
  text=$(printf %s "$1" | tr '_-' '/+')
  case $((${#text} % 4)) in 2) text="$text==" ;; 3) text="$text=" ;; esac
  printf %s "$text" | openssl base64 -d -A
}

token=$1 key=$2 product=$3 fingerprint=$4
head=${token%%.*} rest=${token#*.}
body=${rest%%.*} signature=${rest#*.}

[ "$(decode "$head" | jq '.alg == "ES256" and .typ == "license+jwt"' 2>&1)" = true ] || refuse "it is no license token"

# The signature of ES256 is r and s, 32 bytes each; openssl wants the two in DER.
hex=$(decode "$signature" | od -An -v -tx1 | tr -d ' \n')
[ ${#hex} -eq 128 ] || refuse "its signature is none of this key"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
r=$(printf %s "$hex" | cut -c 1-64) s=$(printf %s "$hex" | cut -c 65-128)
printf 'asn1=SEQUENCE:rs\n[rs]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$r" "$s" >"$work/rs"
openssl asn1parse -genconf "$work/rs" -noout -out "$work/signature"
printf -- '-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n' "$key" >"$work/key"
printf %s "$head.$body" | openssl dgst -sha256 -verify "$work/key" -signature "$work/signature" >/dev/null 2>&1 ||
  refuse "its signature is wrong"

device=$(printf %s "$fingerprint" | openssl dgst -sha256 -binary | openssl base64 -A | tr '/+' '_-' | tr -d =)
decode "$body" >"$work/claims"
claim() { [ "$(jq --arg product "$product" --arg device "$device" "$1" "$work/claims")" = true ] || refuse "$2"; }
claim '[.aud] | flatten | index($product) != null' "it is for another product"
claim '.exp == null or .exp > now' "it has ended"
claim '.nbf <= now' "it has not begun"
claim '.fp == $device' "it is another device's"
cat "$work/claims"
