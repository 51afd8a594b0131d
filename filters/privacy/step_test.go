package privacy

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"winnow/filters"
	"winnow/filters/filtertest"
	"winnow/internal/spec"
)

func newPII(edit func(*PII)) *PII {
	p := &PII{}
	spec.SetDefaults(p)
	if edit != nil {
		edit(p)
	}
	return p
}

func redact(t *testing.T, p *PII, in string) string {
	t.Helper()
	return filtertest.RunAll(t, p, filters.Each, in)[0].Text
}

func TestAPIKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	random := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		b[n/2] = alphabet[len(alphabet)-1]
		return string(b)
	}
	const caps, letters, lower = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "abcdef0123456789"
	s := NewScanner()
	for range 200 {
		for _, key := range []string{"AKIA" + random(caps, 16), "ghp_" + random(letters, 36), "glpat-" + random(letters, 20), "sk-" + random(letters, 48), "sk_live_" + random(letters, 24),
			"AIza" + random(letters, 35), "xoxb-" + random("0123456789", 12) + "-" + random(letters, 24), "hf_" + random(letters, 34), "npm_" + random(letters, 36),
			"SG." + random(letters, 22) + "." + random(letters, 43), "dop_v1_" + random(lower, 64), "LTAI" + random(letters, 20)} {
			for _, frame := range []string{"%", "key=%", "密钥是%，请保管", "export KEY=\"%\"", "(%)."} {
				text := strings.Replace(frame, "%", key, 1)
				got := s.Scan([]byte(text))
				if len(got) != 1 || got[0].Kind != APIKey || text[got[0].Start:got[0].End] != key {
					t.Fatalf("%q: found %v", text, got)
				}
			}
		}
	}
	for _, text := range []string{"sk-learn-0.24-release-candidate-notes-2", "the class AKIA", "ghp_short1", "risk-adjusted-return-of-2019-portfolios", "npm_config_registry_2"} {
		if got := s.Scan([]byte(text)); len(got) != 0 {
			t.Errorf("%q: found %v", text, got)
		}
	}
	pem := "mail a@b.org\n-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAK1\n-----END RSA PRIVATE KEY-----\nmail c@d.org"
	if got := redact(t, newPII(nil), pem); got != "mail <EMAIL>\n<API_KEY>\nmail <EMAIL>" {
		t.Errorf("PEM: %q", got)
	}
}

func TestTags(t *testing.T) {
	numbered := newPII(func(p *PII) { p.Tag = "numbered" })
	in := "13800138000, +86 138-0013-8000, 13900139000"
	if got := redact(t, numbered, in); got != "<PHONE_1>, <PHONE_1>, <PHONE_2>" {
		t.Errorf("numbered: %s", got)
	}
	got := filtertest.RunAll(t, newPII(func(p *PII) { p.Tag, p.Key = "hash", "secret" }), filters.Each, "a@example.org", "A@Example.org", "b@example.org")
	if got[0].Text != got[1].Text || got[0].Text == got[2].Text || !strings.HasPrefix(got[0].Text, "<EMAIL_") {
		t.Errorf("hash: %v", got)
	}
	if other := redact(t, newPII(func(p *PII) { p.Tag, p.Key = "hash", "other" }), "a@example.org"); other == got[0].Text {
		t.Error("another key gives the same tag")
	}
}

func TestAllowAndLimits(t *testing.T) {
	p := newPII(func(p *PII) { p.Allow = []string{"*@example.org", "8.34.210.9"} })
	if got := redact(t, p, "x@example.org y@example.com 8.34.210.9 8.34.210.10"); got != "x@example.org <EMAIL> 8.34.210.9 <IP>" {
		t.Error(got)
	}
	r := filtertest.RunAll(t, newPII(func(p *PII) { p.MaxItems = 1 }), filters.Each, "a@x.org", "a@x.org b@x.org")
	if r[0].Reason != "" || r[1].Reason != "too much personal data" || r[1].Scores["pii"] != 2 {
		t.Errorf("max_items: %+v", r)
	}
	if err := newPII(func(p *PII) { p.Kinds = []string{"emial"} }).Prepare(t.Context(), &filtertest.Env{}); err == nil || !strings.Contains(err.Error(), "emial") {
		t.Errorf("a wrong kind: %v", err)
	}
}

// TestPlanted looks for values as the bench corpus plants them into words and between Chinese characters.
func TestPlanted(t *testing.T) {
	s := NewScanner()
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		d := func(n int) string {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte('0' + r.IntN(10))
			}
			return string(b)
		}
		card := func(head string, n int) string {
			v := []byte(head + d(n-1-len(head)) + "0")
			for !luhn(v) {
				v[n-1]++
			}
			return string(v)
		}
		for _, v := range []string{"(" + string(rune('2'+r.IntN(7))) + string(rune('2'+r.IntN(7))) + string(rune('3'+r.IntN(6))) + ") 555-01" + d(2), "1" + string("3578"[r.IntN(4)]) + d(9),
			card("622202", 19), card("51", 16), card("4", 16), card("37", 16), "anna.chen" + d(2) + "@mail.example.com"} {
			for _, frame := range []string{"take this % water", "你好 % 世界", "世界%你好"} {
				text := strings.Replace(frame, "%", v, 1)
				if got := s.Scan([]byte(text)); len(got) != 1 || text[got[0].Start:got[0].End] != v {
					t.Fatalf("%q: found %v", text, got)
				}
			}
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, c := range piiCases {
		f.Add([]byte(c.In))
	}
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\n1\n-----END PRIVATE KEY-----@a.bc"))
	f.Add([]byte("京A12345(555) 212-5555+1 (212) 555-0100 DE27 8160 4245 0905 6340 72 2d2b:9d5e:cb6d:fd41::a4fe:0 bc1q2e0hpjpadcdt4fhdq68j6r95m2t4use06353ut"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewScanner()
		spans := append([]Span(nil), s.Scan(b)...)
		last := 0
		for _, x := range spans {
			if x.Start < last || x.End <= x.Start || x.End > len(b) {
				t.Fatalf("span %v after %d in %q", x, last, b)
			}
			last = x.End
		}
		for _, mode := range []string{"typed", "numbered", "hash"} {
			tags := tagger{mode: mode, key: "k"}
			out, _ := tags.redactAll(b, append([]Span(nil), spans...), s.Scan)
			once := append([]byte(nil), out...)
			if utf8.Valid(b) && !utf8.Valid(once) {
				t.Fatalf("%q became invalid: %q", b, once)
			}
			if again := s.Scan(once); len(again) > 0 || len(spans) == 0 && !bytes.Equal(once, b) {
				t.Fatalf("not redacted at once: %q, then %q with %v", b, once, again)
			}
		}
	})
}

// TestLongTokens holds the scan to linear time on runs that grow without an end.
func TestLongTokens(t *testing.T) {
	s := NewScanner()
	for _, unit := range []string{"a1.", "a1_", "1-", "1 ", "a@", "1@a.", "2001:", "+1", "京A", "AB12 ", "-----BEGIN PRIVATE KEY-----", "(1)", "0x1"} {
		text := []byte(strings.Repeat(unit, 400_000/len(unit)))
		start := time.Now()
		s.Scan(text)
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("%q over and over: %v for 400 kB", unit, d)
		}
	}
}
