package opencc

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"winnow/internal/shared"
)

func TestConvert(t *testing.T) {
	for _, c := range []struct{ config, in, want string }{
		{"s2t", "面条和后台，头发发展，干净的干部", "麪條和後臺，頭髮發展，乾淨的幹部"},
		{"t2s", "麪條和後臺，頭髮發展，乾淨的幹部", "面条和后台，头发发展，干净的干部"},
		{"s2twp", "内存不足，请检查鼠标和打印机", "記憶體不足，請檢查滑鼠和印表機"},
		{"tw2sp", "記憶體不足，請檢查滑鼠和印表機", "内存不足，请检查鼠标和打印机"},
		{"t2jp", "國學", "国学"},
		{"jp2t", "国学", "國學"},
		{"s2t", "plain text", "plain text"},
		{"t2s", "", ""},
		{"t2s", "\uF91B\xffx", "乱\xffx"},
	} {
		conv, err := New(c.config)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(conv.Convert([]byte(c.in))); got != c.want {
			t.Errorf("%s: %q became %q, want %q", c.config, c.in, got, c.want)
		}
	}
	if _, err := New("s2x"); err == nil || !strings.Contains(err.Error(), "s2twp") {
		t.Errorf("an unknown configuration gave %v", err)
	}
}

// TestQualityOpenCC runs OpenCC's own checks: every one of every configuration.
func TestQualityOpenCC(t *testing.T) {
	var data []byte
	r := tar.NewReader(bytes.NewReader(shared.Open(t, "data/language/opencc.tar.zst")))
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if path.Base(h.Name) == "testcases.json" {
			if data, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	data = regexp.MustCompile(`,(\s*[}\]])`).ReplaceAll(data, []byte("$1")) // the file allows a comma after the last entry
	var set struct {
		Cases []struct {
			ID, Input string
			Expected  map[string]string
		}
	}
	if err := json.Unmarshal(data, &set); err != nil {
		t.Fatal(err)
	}
	right, all := map[string]int{}, map[string]int{}
	for _, c := range set.Cases {
		for _, config := range slices.Sorted(maps.Keys(c.Expected)) {
			conv, err := New(config)
			if err != nil {
				t.Fatal(err)
			}
			all[config]++
			if got := string(conv.Convert([]byte(c.Input))); got == c.Expected[config] {
				right[config]++
			} else {
				t.Errorf("%s %s: %s\n got %s\nwant %s", c.ID, config, c.Input, got, c.Expected[config])
			}
		}
	}
	for _, config := range slices.Sorted(maps.Keys(all)) {
		t.Logf("%s: %d of %d", config, right[config], all[config])
	}
}

func FuzzConvert(f *testing.F) {
	for _, s := range []string{"面条", "內存", "KB大橋", "\xff\xe4\xb8", "\U0002F800 \uF91B", "發髮复複復"} {
		f.Add(s)
	}
	var all []*Converter
	for _, name := range Configurations() {
		c, err := New(name)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, c)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range all {
			out := c.Convert([]byte(s))
			if utf8.ValidString(s) && !utf8.Valid(out) {
				t.Fatalf("%q became invalid: %q", s, out)
			}
		}
	})
}

func BenchmarkConvert(b *testing.B) {
	var text []byte
	for line := range bytes.Lines(shared.Open(b, "bench/zh.jsonl.zst")) {
		var row struct{ Text string }
		if err := json.Unmarshal(line, &row); err != nil {
			b.Fatal(err)
		}
		if text = append(text, row.Text...); len(text) > 1<<20 {
			break
		}
	}
	for _, config := range []string{"s2t", "t2s", "s2twp", "tw2sp"} {
		c, err := New(config)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(config, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				c.Convert(text)
			}
		})
	}
}

// TestQualityScript tells Simplified from Traditional sentences by the characters that only one of them writes.
func TestQualityScript(t *testing.T) {
	right, wrong, all := map[string]int{}, map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(shared.Open(t, "data/language/lid_dev.tsv.zst"))) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if f[0] != "full" || !strings.HasPrefix(f[1], "zh") {
			continue
		}
		all[f[1]]++
		_, s, tr := Script([]byte(f[2]))
		hant := strings.Contains(strings.ToLower(f[1]), "hant")
		switch {
		case s > tr && !hant, tr > s && hant:
			right[f[1]]++
		case s != tr:
			wrong[f[1]]++
		}
	}
	for k, n := range all {
		t.Logf("%s: %d of %d right, %d wrong", k, right[k], n, wrong[k])
		if right[k]*1000 < n*990 {
			t.Errorf("%s: %d of %d right", k, right[k], n)
		}
	}
}
