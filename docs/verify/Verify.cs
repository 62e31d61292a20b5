// Prints the claims, or why the token is refused: dotnet run TOKEN KEY PRODUCT FINGERPRINT (.NET 8, no packages)

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

try
{
    Console.WriteLine(Verify(args[0], args[1], args[2], args[3]));
    return 0;
}
catch (Refused refused)
{
    Console.Error.WriteLine($"refused: {refused.Message}");
    return 1;
}

static JsonElement Verify(string token, string key, string product, string fingerprint)
{
    var parts = token.Split('.');
    if (parts.Length != 3) throw new Refused("it has not three parts");
    var header = Unpack(parts[0]);
    if (Text(header, "alg") != "ES256" || Text(header, "typ") != "license+jwt") throw new Refused("it is no license token");

    using var publicKey = ECDsa.Create();
    publicKey.ImportSubjectPublicKeyInfo(Convert.FromBase64String(key), out _);
    // The signature of ES256 is r and s, 32 bytes each, which is what VerifyData takes.
    var signed = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
    if (!publicKey.VerifyData(signed, Decode(parts[2]), HashAlgorithmName.SHA256)) throw new Refused("its signature is wrong");

    var claims = Unpack(parts[1]);
    var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
    // aud is a text for one product, a list for several.
    var aud = claims.GetProperty("aud");
    var products = aud.ValueKind == JsonValueKind.Array ? aud.EnumerateArray().Select(one => one.GetString()) : new[] { aud.GetString() };
    if (!products.Contains(product)) throw new Refused("it is for another product");
    if (claims.TryGetProperty("exp", out var exp) && exp.GetInt64() <= now) throw new Refused("it has ended");
    if (claims.GetProperty("nbf").GetInt64() > now) throw new Refused("it has not begun");
    var device = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(fingerprint)));
    if (Text(claims, "fp") != device.TrimEnd('=').Replace('+', '-').Replace('/', '_')) throw new Refused("it is another device's");
    return claims;
}

static string? Text(JsonElement from, string name) =>
    from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

static JsonElement Unpack(string part)
{
    try { return JsonDocument.Parse(Decode(part)).RootElement; }
    catch (JsonException) { throw new Refused("it is no token"); }
}

static byte[] Decode(string part)
{
    var padded = part.Replace('-', '+').Replace('_', '/').PadRight((part.Length + 3) / 4 * 4, '=');
    try { return Convert.FromBase64String(padded); }
    catch (FormatException) { throw new Refused("it is no token"); }
}

class Refused(string why) : Exception(why);
