package langid

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"winnow/internal/shared"
)

func TestDetect(t *testing.T) {
	d, err := NewDetector()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ want, text string }{
		{"en", "The weather was fine, and we walked along the river for an hour."},
		{"de", "Das Wetter war schön, und wir gingen eine Stunde am Fluss entlang."},
		{"fr", "Il faisait beau et nous avons marché une heure au bord de la rivière."},
		{"zh", "天气很好，我们沿着河走了一个小时。"},
		{"zh", "天氣很好，我們沿著河走了一個小時。"},
		{"zh", "这个函数叫 Transformer，用法见文档。"},
		{"ja", "天気がよかったので、川沿いを一時間歩きました。"},
		{"ko", "날씨가 좋아서 강을 따라 한 시간 동안 걸었다."},
		{"ru", "Погода была хорошая, и мы целый час гуляли вдоль реки."},
		{"uk", "Погода була гарна, і ми цілу годину гуляли вздовж річки."},
		{"ar", "كان الطقس جميلا فمشينا ساعة على ضفة النهر."},
		{"fa", "هوا خوب بود و ما یک ساعت کنار رودخانه قدم زدیم."},
		{"ur", "موسم اچھا تھا اور ہم ایک گھنٹے تک دریا کے کنارے چلتے رہے۔"},
		{"el", "Ο καιρός ήταν καλός και περπατήσαμε μια ώρα."},
		{"th", "อากาศดี เราเดินเลียบแม่น้ำหนึ่งชั่วโมง"},
		{"ka", "კარგი ამინდი იყო."},
		{"", "1234 — 56 !!"},
		{"", ""},
	} {
		got := d.Detect([]byte(c.text))
		if got.Lang != c.want || got.Score < 0 || got.Score > 1 {
			t.Errorf("%q is %+v, want %s", c.text, got, c.want)
		}
	}
	if n := len(Languages()); n < 44 {
		t.Errorf("%d languages, want at least 44", n)
	}
	if _, err := NewDetector("xx"); err == nil || !strings.Contains(err.Error(), "xx") {
		t.Errorf("an unknown language gave %v", err)
	}
}

func TestDetectAllowed(t *testing.T) {
	d, err := NewDetector("de", "nl")
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Detect([]byte("in de")); got.Lang != "nl" && got.Lang != "de" {
		t.Errorf("got %+v", got)
	}
	if got := d.Detect([]byte("天气很好")); got.Lang != "zh" {
		t.Errorf("Chinese is %+v", got)
	}
}

// set is one part of the development set.
type set struct{ lang, text []string }

func readDev(t testing.TB) map[string]*set {
	out := map[string]*set{}
	for line := range strings.Lines(string(shared.Open(t, "data/language/lid_dev.tsv.zst"))) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		if out[f[0]] == nil {
			out[f[0]] = &set{}
		}
		lang, _, _ := strings.Cut(f[1], "-")
		out[f[0]].lang, out[f[0]].text = append(out[f[0]].lang, lang), append(out[f[0]].text, f[2])
	}
	return out
}

// TestQualityLanguage counts the sentences, the shorts (four words or eight characters) and the mixed sentences whose language is told, all labels allowed.
func TestQualityLanguage(t *testing.T) {
	dev := readDev(t)
	d, err := NewDetector()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name  string
		least float64
	}{{"full", .990}, {"short", .945}, {"mixed", .99}} {
		s := dev[part.name]
		right, sure := 0, 0.0
		wrong := map[string]int{}
		n, good := map[string]int{}, map[string]int{}
		for i, text := range s.text {
			got := d.Detect([]byte(text))
			sure += got.Score
			n[s.lang[i]]++
			if got.Lang == s.lang[i] {
				right++
				good[s.lang[i]]++
			} else {
				wrong[fmt.Sprintf("%s>%s", s.lang[i], got.Lang)]++
			}
		}
		acc := float64(right) / float64(len(s.text))
		t.Logf("%s: %.4f of %d, mean score %.4f", part.name, acc, len(s.text), sure/float64(len(s.text)))
		var keys []string
		for k := range wrong {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b string) int { return wrong[b] - wrong[a] })
		for _, k := range keys[:min(14, len(keys))] {
			t.Logf("  %s %d", k, wrong[k])
		}
		if acc < part.least {
			t.Errorf("%s: %.4f, want at least %.3f", part.name, acc, part.least)
		}
	}
}

// TestSumRows: the fast sum of rows is that of the generic one, up to the largest numbers.
func TestSumRows(t *testing.T) {
	table := make([]uint64, 4*64)
	for i := range table {
		table[i] = uint64(i+1) * mix3
	}
	for k := range 4 {
		table[k] = 0xFFFFFFFFFFFFFFFF
	}
	for _, n := range []int{0, 1, 2, 63, rowsAtOnce} {
		rows := make([]uint32, n)
		for i := range rows {
			if n != rowsAtOnce { // else all are the row of the largest weights
				rows[i] = uint32(i * 7 % 64)
			}
		}
		var got, want [latinColumns]uint16
		sumRows(&got, table, rows)
		sumRowsGeneric(&want, table, rows)
		if got != want {
			t.Errorf("%d rows: %v, want %v", n, got, want)
		}
		for k := range latinColumns {
			sum := 0
			for _, r := range rows {
				sum += int(table[int(r)*4+k/8] >> (k % 8 * 8) & 0xFF)
			}
			if at := k/2 + k%2*latinColumns/2; int(want[at]) != sum {
				t.Errorf("%d rows, column %d: %d, want %d", n, k, want[at], sum)
			}
		}
	}
}

func FuzzDetect(f *testing.F) {
	for _, s := range []string{"Hello", "\xff\xe4\xb8", "ﷺ ٹ", strings.Repeat("é", 2000), "中a\u0301"} {
		f.Add([]byte(s))
	}
	d, err := NewDetector()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := d.Detect(b)
		if got.Score < 0 || got.Score > 1 || (got.Lang == "") != (got.Letters == 0) || !utf8.ValidString(got.Lang) {
			t.Fatalf("%+v", got)
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	s := readDev(b)["full"]
	size := 0
	for _, text := range s.text {
		size += len(text)
	}
	d, err := NewDetector()
	if err != nil {
		b.Fatal(err)
	}
	d.Detect([]byte("warm"))
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, text := range s.text {
			d.Detect([]byte(text))
		}
	}
}
