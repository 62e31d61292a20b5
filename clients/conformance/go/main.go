package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
)

type file struct {
	Keys  map[string]Key `json:"keys"`
	Cases []struct {
		Name   string `json:"name"`
		Kind   string `json:"kind"`
		Input  Object `json:"input"`
		Expect Object `json:"expect"`
	} `json:"cases"`
}

func optional(from Object, name string) *string {
	if value, ok := from[name].(string); ok {
		return &value
	}
	return nil
}

func float(from Object, name string) float64 {
	value, _ := from[name].(float64)
	return value
}

func judged(given Object, all map[string]Key) Object {
	store, _ := given["store"].(Object)
	refusal, _ := given["refusal"].(Object)
	product := text(given, "product")
	var keys []Key
	names, _ := given["trusted"].([]any)
	for _, name := range names {
		keys = append(keys, all[name.(string)])
	}
	if set := text(store, "set"); set != "" {
		keys = append(keys, endorsed(set, keys, product)...)
	}
	holder := Holder{product, optional(given, "issuer"), optional(given, "fingerprint"), optional(given, "deviceKey")}
	claims, wrong := verify(text(given, "token"), keys, holder)
	if wrong != "" {
		return Object{"status": "invalid", "usable": false, "reason": wrong}
	}
	return judge(claims, float(given, "now"), Memory{
		Skew: float(store, "skew"), Mark: float(store, "signedAt"), Elapsed: float(store, "elapsed"),
		Seen: float(store, "seen"), Released: text(store, "released"),
		RefusedJti: text(refusal, "jti"), RefusedCode: text(refusal, "code"),
		ContactFailed: text(given, "contact") == "failed",
	})
}

func result(kind string, given Object, keys map[string]Key) Object {
	switch kind {
	case "judge":
		return judged(given, keys)
	case "feature":
		var features Object
		_ = json.Unmarshal([]byte(text(given, "features")), &features)
		value, has := features[text(given, "name")]
		return Object{"has": has, "value": value}
	case "merge":
		stored, _ := given["stored"].(Object)
		return Object{"kept": newer(stored, given["incoming"].(Object))}
	case "schedule":
		due, renews := renewAt(given["claims"].(Object), float(given, "receivedAt"), float(given, "r"))
		if !renews {
			return Object{"due": nil, "sleep": nil}
		}
		return Object{"due": due, "sleep": math.Min(math.Max(due-float(given, "now"), 0), tick)}
	}
	return nil
}

// Runs vectors.json, whose path is the argument; exits with 1 if a case does not hold.
func main() {
	data, err := os.ReadFile(os.Args[1])
	var vectors file
	if err != nil || json.Unmarshal(data, &vectors) != nil {
		fmt.Fprintln(os.Stderr, "the first argument is the path of vectors.json")
		os.Exit(1)
	}
	ran, wrong := 0, 0
	for _, one := range vectors.Cases {
		found := result(one.Kind, one.Input, vectors.Keys)
		if found == nil {
			continue
		}
		ran++
		for name, value := range one.Expect {
			if got, there := found[name]; !there || got != value {
				wrong++
				fmt.Fprintf(os.Stderr, "%s: %v, and %v is right\n", one.Name, found, one.Expect)
				break
			}
		}
	}
	fmt.Printf("Go: %d of %d cases hold (judge, feature, schedule, merge)\n", ran-wrong, ran)
	if wrong > 0 || ran == 0 {
		os.Exit(1)
	}
}
