package clean

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"winnow/filters"
	"winnow/filters/filtertest"
	"winnow/internal/shared"
)

func TestUnicodeCases(t *testing.T) { filtertest.Cases(t, "unicode") }

func newUnicode(t testing.TB) *Unicode {
	u := filters.Lookup("unicode").Defaults().(*Unicode)
	return filtertest.Prepare(t, u).(*Unicode)
}

func FuzzUnicode(f *testing.F) {
	for _, c := range unicodeCases {
		f.Add(c.In)
	}
	for _, s := range []string{"Ã\u00a0 Ã © â € ™", "\u200bA\u0301\u200d\u0302", "í\u00a0½í¸\u008d", "ｶﾞ １．２", "\r\r\n\n\n\n\n \u3000x\u3000\u3000 ", "\xff\xfe\xc2", "ÐŸÑ€Ð¸Ð²ÐµÑ‚ Ã�", "√© ≈Üina", "├⌐t├⌐"} {
		f.Add(s)
	}
	u := newUnicode(f)
	f.Fuzz(func(t *testing.T, s string) {
		steady(t, u, s)
	})
}

// steady holds a repair to valid UTF-8 that a second repair does not change.
func steady(t *testing.T, u *Unicode, s string) {
	t.Helper()
	out, _, reason := u.repair([]byte(s))
	if reason != "" {
		return
	}
	if !utf8.Valid(out) {
		t.Fatalf("%+q became invalid: %+q", s, out)
	}
	if again, _, _ := u.repair(out); string(again) != string(out) {
		t.Fatalf("%+q became %+q and then %+q", s, out, again)
	}
}

// TestUnicodeSteady strings together what repairs look for.
func TestUnicodeSteady(t *testing.T) {
	pieces := []string{" ", "\n", "\r", "\t", "a", "E", "\u0301", "\u00a0", "\u00ad", "\u200b", "\u200d", "\u3000", "Ã", "©", "â", "€", "™", "œ", "é", "Â", "…", "”", "’s", "\uFFFD", "?", "\u0085", "\u0093", "Р", "В°",
		"√", "≈", "┬", "中", "，", "。", "Ａ", "．", "１", "ｶ", "ﾞ", "\u1100", "\u1161", "\xff", "\u202e", "\ufe0f", "👩", "İ", "ﬁ", "\u0344", "\u2028", "Ä", "Å", "à", "ð", "Ÿ", "˜", "\u0090"}
	random := rand.New(rand.NewPCG(3, 4))
	for _, params := range []string{"", "{form: nfkc, width: all, spaces: collapse}", "{form: keep, spaces: keep, mojibake: keep}"} {
		p, err := filtertest.Params(&filters.Lookup("unicode").Spec, params)
		if err != nil {
			t.Fatal(err)
		}
		u := filtertest.Prepare(t, p).(*Unicode)
		u.MaxReplacement = 1
		for range 30000 {
			var b strings.Builder
			for range 1 + random.IntN(12) {
				b.WriteString(pieces[random.IntN(len(pieces))])
			}
			steady(t, u, b.String())
		}
	}
}

// benchTexts returns about 2 MB of the texts of a bench corpus.
func benchTexts(t testing.TB, lang string) []string {
	t.Helper()
	var out []string
	size := 0
	for line := range strings.Lines(string(shared.Open(t, "bench/"+lang+".jsonl.zst"))) {
		var row struct{ Text string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		out = append(out, row.Text)
		if size += len(row.Text); size > 2<<20 {
			break
		}
	}
	return out
}

// TestQualityBenchMojibake wrongly decodes the bench texts, as a program would that takes UTF-8 for Windows-1252 or Latin-1, and wants them back.
func TestQualityBenchMojibake(t *testing.T) {
	for lang, page := range map[string]func(byte) rune{
		"en": func(c byte) rune {
			if r := charmaps[western].DecodeByte(c); r != utf8.RuneError {
				return r
			}
			return rune(c)
		},
		"zh": func(c byte) rune { return rune(c) }} {
		n, right, changed := 0, 0, 0
		var m mender
		for _, s := range benchTexts(t, lang) {
			if lang == "en" {
				s = strings.NewReplacer("'", "’", `"`, "”", "--", "—").Replace(s) + " It’s a café — naïve."
			}
			if _, ok := m.mend([]byte(s)); ok {
				if changed++; changed < 4 {
					t.Logf("changed a clean text: %.300q", s)
				}
			}
			var wrong []byte
			for i := range len(s) {
				wrong = utf8.AppendRune(wrong, page(s[i]))
			}
			n++
			if got, _ := m.mend(wrong); string(got) == s {
				right++
			} else if n-right < 4 {
				t.Logf("%.200q became %.200q", s, got)
			}
		}
		t.Logf("%s: %d of %d repaired, %d clean texts changed", lang, right, n, changed)
		if right*100 < n*98 || changed*1000 > n {
			t.Errorf("%s: %d of %d repaired, %d clean texts changed", lang, right, n, changed)
		}
	}
}

// TestQualityGBK misreads Chinese texts as GBK, with what cannot be read lost, and wants them found; the texts themselves must pass.
func TestQualityGBK(t *testing.T) {
	n, found, wrong := 0, 0, 0
	for _, s := range benchTexts(t, "zh") {
		misread, err := simplifiedchinese.GBK.NewDecoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		n++
		if gbkMojibake(misread) {
			found++
		}
		if gbkMojibake([]byte(s)) {
			wrong++
		}
	}
	t.Logf("%d of %d misread texts found, %d clean ones taken for such", found, n, wrong)
	if found*100 < n*98 || wrong > 0 {
		t.Errorf("%d of %d misread texts found, %d clean ones taken for such", found, n, wrong)
	}
}

func BenchmarkUnicode(b *testing.B) {
	for _, lang := range []string{"en", "zh"} {
		texts := benchTexts(b, lang)
		u := newUnicode(b)
		for i, s := range texts {
			out, _, _ := u.repair([]byte(s))
			texts[i] = string(out)
		}
		size := 0
		var rows []*filters.Row
		for _, s := range texts {
			size += len(s)
			rows = append(rows, filtertest.Row(s, nil))
		}
		b.Run(lang, func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				for _, r := range rows {
					if _, err := filters.Apply(u, filters.Each, r); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
