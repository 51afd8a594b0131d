package language

import (
	"bytes"
	"strings"
	"testing"

	"winnow/filters"
	"winnow/filters/filtertest"
	"winnow/internal/shared"
)

func TestCases(t *testing.T) { filtertest.Cases(t, "language") }

// TestQualityLanguage measures the detector on the shared development set, which nothing was trained or tuned on but the two constants of detect.go.
func TestQualityLanguage(t *testing.T) {
	data := shared.Open(t, "data/language/lid_dev.tsv.zst")
	var all []string
	seen := map[string]bool{}
	for line := range bytes.Lines(data) {
		if f := strings.SplitN(strings.TrimRight(string(line), "\n"), "\t", 3); len(f) == 3 {
			if code, _, _ := strings.Cut(f[1], "-"); !seen[code] {
				seen[code] = true
				all = append(all, code)
			}
		}
	}
	d, err := NewDetector(nil)
	if err != nil {
		t.Fatal(err)
	}
	right, total := map[string]int{}, map[string]int{}
	confused := map[string]int{}
	for line := range bytes.Lines(data) {
		f := strings.SplitN(strings.TrimRight(string(line), "\n"), "\t", 3)
		if len(f) != 3 {
			continue
		}
		want, _, _ := strings.Cut(f[1], "-")
		got, _ := d.Detect([]byte(f[2]))
		total[f[0]]++
		if got == want {
			right[f[0]]++
		} else {
			confused[f[0]+" "+want+"→"+got]++
		}
	}
	for _, c := range []struct {
		set  string
		want float64
	}{{"full", 0.985}, {"short", 0.91}, {"mixed", 0.95}} {
		if total[c.set] == 0 {
			t.Errorf("no rows of the kind %s", c.set)
			continue
		}
		x := float64(right[c.set]) / float64(total[c.set])
		t.Logf("%s: accuracy %.4f of %d", c.set, x, total[c.set])
		if x < c.want {
			t.Errorf("%s: accuracy %.4f, want %.3f", c.set, x, c.want)
		}
	}
	for k, n := range confused {
		if n >= 15 {
			t.Logf("%s %d", k, n)
		}
	}
	t.Logf("%d languages in the set", len(all))
}

func TestEveryLanguageIsListed(t *testing.T) {
	list, err := Languages()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, l := range list {
		if len(l) != 2 || seen[l] {
			t.Errorf("language %q", l)
		}
		seen[l] = true
	}
	if len(list) < 43 {
		t.Errorf("only %d languages", len(list))
	}
	step := filters.Lookup("language").Defaults().(*Language)
	step.Keep = []string{"xx"}
	if err := step.Prepare(t.Context(), &filtertest.Env{}); err == nil || !strings.Contains(err.Error(), `"xx"`) {
		t.Errorf("got %v", err)
	}
}

func TestScripts(t *testing.T) {
	d, err := NewDetector(nil)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"":                           "",
		"12 + 34 = 46":               "",
		"今日は天気がいいですね。":               "ja",
		"血压高的人要少吃盐。":                 "zh",
		"患者使用 ibuprofen 或 aspirin 后": "zh",
		"오늘은 날씨가 좋네요":                "ko",
		"Καλημέρα σας, τι κάνετε;":   "el",
	} {
		if got, _ := d.Detect([]byte(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// FuzzDetect: any bytes give a language or none, and a certainty from 0 to 1.
func FuzzDetect(f *testing.F) {
	f.Add([]byte("The quick brown fox"))
	f.Add([]byte("\xff\xfe\x00 汉字かな한글"))
	d, err := NewDetector(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lang, x := d.Detect(text)
		if !(x >= 0 && x <= 1) || lang == "" && x != 0 {
			t.Fatalf("%q %v", lang, x)
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	d, err := NewDetector(nil)
	if err != nil {
		b.Fatal(err)
	}
	data := shared.Open(b, "data/language/lid_dev.tsv.zst")
	var texts [][]byte
	size := 0
	for line := range bytes.Lines(data) {
		if f := bytes.SplitN(line, []byte("\t"), 3); len(f) == 3 && string(f[0]) == "full" {
			texts = append(texts, f[2])
			size += len(f[2])
		}
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, t := range texts {
			d.Detect(t)
		}
	}
}
