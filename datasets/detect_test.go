package datasets

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"winnow/internal/shared"
)

// encodingTexts returns whole sentences by language.
func encodingTexts(t testing.TB) map[string][]string {
	t.Helper()
	texts := map[string][]string{}
	for line := range strings.Lines(string(shared.Open(t, "data/language/lid_dev.tsv.zst"))) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) == 3 && f[0] == "full" {
			texts[f[1]] = append(texts[f[1]], f[2])
		}
	}
	for line := range strings.Lines(string(shared.Open(t, "data/language/lid_udhr.tsv.zst"))) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) == 2 && f[0] != "zh" {
			texts[f[0]] = append(texts[f[0]], f[1])
		}
	}
	return texts
}

// TestQualityEncoding re-encodes sentences of many languages and asks for the encoding again. Text that its encoding cannot hold is left out; an answer is right
// when it decodes the bytes to the same text.
func TestQualityEncoding(t *testing.T) {
	texts := encodingTexts(t)
	wide := func(e unicode.Endianness) encoding.Encoding { return unicode.UTF16(e, unicode.IgnoreBOM) }
	cases := []struct {
		name  string
		enc   encoding.Encoding
		langs string
	}{
		{"gb18030", simplifiedchinese.GB18030, "zh-Hans"}, {"big5", traditionalchinese.Big5, "zh-Hant"}, {"shift_jis", japanese.ShiftJIS, "ja"}, {"euc-jp", japanese.EUCJP, "ja"},
		{"euc-kr", korean.EUCKR, "ko"}, {"windows-1252", charmap.Windows1252, "fr de es it pt sv"}, {"windows-1251", charmap.Windows1251, "ru"}, {"koi8-r", charmap.KOI8R, "ru"},
		{"utf-16le", wide(unicode.LittleEndian), "zh-Hans zh-Hant ja ko ru fr en ar"}, {"utf-16be", wide(unicode.BigEndian), "zh-Hans zh-Hant ja ko ru fr en ar"},
		{"utf-8", encoding.Nop, "zh-Hans zh-Hant ja ko ru fr de es ar hi"},
	}
	for _, length := range []int{120, 2000} {
		right, all := 0, 0
		report := map[string]string{}
		for _, c := range cases {
			for _, lang := range strings.Fields(c.langs) {
				ok, n := 0, 0
				wrong := map[string]int{}
				for _, text := range samples(texts[lang], length) {
					coded, err := c.enc.NewEncoder().String(text)
					if err != nil {
						continue
					}
					n++
					got := DetectEncoding([]byte(coded))
					if got == c.name || decodesTo(got, coded, text) {
						ok++
					} else {
						wrong[got]++
					}
				}
				right, all = right+ok, all+n
				report[c.name+" "+lang] = fmt.Sprintf("%d of %d %v", ok, n, wrong)
			}
		}
		names := make([]string, 0, len(report))
		for k := range report {
			names = append(names, k)
		}
		sort.Strings(names)
		for _, k := range names {
			t.Logf("%d characters, %s: %s", length, k, report[k])
		}
		share := float64(right) / float64(all)
		t.Logf("%d characters: %.4f of %d", length, share, all)
		if want := map[int]float64{120: 0.97, 2000: 0.99}[length]; share < want {
			t.Errorf("%d characters: %.4f are right, want %.2f", length, share, want)
		}
	}
}

func decodesTo(name, coded, text string) bool {
	e, err := encodingByName(name)
	if err != nil {
		return false
	}
	if e == nil {
		return coded == text
	}
	got, err := e.NewDecoder().String(coded)
	return err == nil && got == text
}

// samples cuts sentences into stretches of about length characters, at most 60 of them.
func samples(sentences []string, length int) []string {
	var out []string
	var run []rune
	for _, s := range sentences {
		run = append(append(run, []rune(s)...), '\n')
		if len(run) >= length {
			out = append(out, string(run[:length]))
			run = run[:0]
		}
		if len(out) == 60 {
			break
		}
	}
	return out
}

func BenchmarkDetectEncoding(b *testing.B) {
	text := strings.Repeat("数据集的编码由字节的统计决定。", 2000)
	coded, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(coded)))
	for b.Loop() {
		DetectEncoding([]byte(coded))
	}
}
