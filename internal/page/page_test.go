package page

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"winnow/internal/shared"
)

// shingles counts the runs of n words of a text, as scrapinghub's article-extraction-benchmark does; n is 4, and a text of fewer words is one run.
func shingles(s string, n int) map[string]int {
	words := strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_' && !unicode.Is(unicode.Mn, r)
	})
	out := map[string]int{}
	if len(words) > 0 && len(words) < n {
		n = len(words)
	}
	for i := 0; i+n <= len(words) && n > 0; i++ {
		out[strings.Join(words[i:i+n], " ")]++
	}
	return out
}

// agreement returns precision and recall of the runs in got against want.
func agreement(got, want map[string]int) (precision, recall float64) {
	both, ng, nw := 0, 0, 0
	for k, n := range got {
		both += min(n, want[k])
		ng += n
	}
	for _, n := range want {
		nw += n
	}
	return float64(both) / float64(max(ng, 1)), float64(both) / float64(max(nw, 1))
}

func f1(p, r float64) float64 { return 2 * p * r / max(p+r, 1e-9) }

func pages(t testing.TB) (map[string][]byte, map[string]string) {
	html, gold := map[string][]byte{}, map[string]string{}
	r := tar.NewReader(bytes.NewReader(shared.Open(t, "pages/articles.tar.zst")))
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		switch name := path.Base(h.Name); {
		case name == "gold.json":
			if err := json.Unmarshal(data, &gold); err != nil {
				t.Fatal(err)
			}
		case strings.HasSuffix(name, ".html"):
			html[name] = data
		}
	}
	return html, gold
}

// TestPagesArticles holds the main content of news pages against the texts that people marked, by runs of four words.
func TestPagesArticles(t *testing.T) {
	html, gold := pages(t)
	var sp, sr float64
	start := time.Now()
	for _, name := range slices.Sorted(maps.Keys(gold)) {
		_, text, err := Main(html[name], "text/html; charset=utf-8")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		p, r := agreement(shingles(string(text), 4), shingles(gold[name], 4))
		sp, sr = sp+p, sr+r
		t.Logf("%s precision %.3f recall %.3f", name, p, r)
	}
	n := float64(len(gold))
	f := f1(sp/n, sr/n)
	t.Logf("%d pages: precision %.4f, recall %.4f, F1 %.4f, %.0f pages/s with scoring", len(gold), sp/n, sr/n, f, n/time.Since(start).Seconds())
	if f < .95 {
		t.Errorf("F1 is %.4f, want at least .95", f)
	}
}

// TestPagesChinese holds the content of a Chinese page with menus, teasers and the phrases that such sites open and close with against its gold text.
func TestPagesChinese(t *testing.T) {
	want := string(shared.Open(t, "pages/web-article-zh.gold.txt"))
	_, text, err := Main(shared.Open(t, "pages/web-article-zh.html"), "")
	if err != nil {
		t.Fatal(err)
	}
	count := func(s string) map[string]int {
		out := map[string]int{}
		for _, r := range s {
			if !unicode.IsSpace(r) {
				out[string(r)]++
			}
		}
		return out
	}
	p, r := agreement(count(string(text)), count(want))
	t.Logf("precision %.4f, recall %.4f, F1 %.4f", p, r, f1(p, r))
	if f1(p, r) < .97 {
		t.Errorf("F1 is %.4f, want at least .97:\n%s", f1(p, r), text)
	}
	for _, teaser := range []string{"Redis 持久化", "十款好用", "云服务器", "版权所有"} {
		if strings.Contains(string(text), teaser) {
			t.Errorf("the teaser %q was taken for content", teaser)
		}
	}
}

func BenchmarkMain(b *testing.B) {
	html, _ := pages(b)
	size := 0
	for _, p := range html {
		size += len(p)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, p := range html {
			if _, _, err := Main(p, "text/html; charset=utf-8"); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(html)*b.N)/b.Elapsed().Seconds(), "pages/s")
}

func TestMainAndAll(t *testing.T) {
	const src = `<html><head><title>On tea – The Leaf</title></head><body><nav><a href=/>Home</a> <a href=/a>About</a></nav><div class="has-sidebar"><article><h1>On tea</h1>
<p>Tea is made of the leaves of one plant, <em>Camellia sinensis</em>, and of water that is not too hot.</p><p>Green tea is steamed or fried, black tea is
left to wither, and white tea is only dried in the sun.</p><table><tr><td>green</td><td>80 °C</td></tr><tr><td>black</td><td>95 °C</td></tr></table><pre>boil
  wait</pre></article><div class="related-posts"><p>On coffee: it is made of roasted beans, as everybody knows who has ever drunk it.</p></div></div>
<footer><p>Copyright 2020 The Leaf. All rights reserved.</p></footer><script>var x = "no text";</script></body></html>`
	title, text, err := Main([]byte(src), "text/html; charset=utf-8")
	if err != nil {
		t.Fatal(err)
	}
	want := `Tea is made of the leaves of one plant, Camellia sinensis, and of water that is not too hot.

Green tea is steamed or fried, black tea is left to wither, and white tea is only dried in the sun.

green | 80 °C
black | 95 °C

boil
  wait`
	if title != "On tea – The Leaf" || string(text) != want {
		t.Errorf("title %q, text:\n%s", title, text)
	}
	_, all, err := All([]byte(src), "text/html; charset=utf-8")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"Home About", "On tea\n", "On coffee", "All rights reserved."} {
		if !strings.Contains(string(all), s) {
			t.Errorf("All lacks %q:\n%s", s, all)
		}
	}
	if strings.Contains(string(all), "no text") {
		t.Errorf("All holds a script:\n%s", all)
	}
}

func TestEmptyPages(t *testing.T) {
	for _, src := range []string{"", "   ", "<html><body></body></html>", "<script>1</script>"} {
		if _, text, err := Main([]byte(src), ""); err != ErrNoText || len(text) > 0 {
			t.Errorf("%q: text %q, error %v", src, text, err)
		}
		if _, _, err := All([]byte(src), ""); err != ErrNoText {
			t.Errorf("%q: error %v", src, err)
		}
	}
}

// TestDeepPage: elements that are never closed must not exhaust the stack.
func TestDeepPage(t *testing.T) {
	src := strings.Repeat("<div><b>", 3000) + "<p>The end of a page that goes deep, and is still read, or given up in order.</p>"
	if _, _, err := Main([]byte(src), ""); err != nil && err != ErrNoText && !strings.Contains(err.Error(), "open elements") {
		t.Fatal(err)
	}
}

func FuzzMain(f *testing.F) {
	f.Add([]byte("<p>a<br><br>b<table><tr><td>c<td>d</table><pre>\n e</pre>"), "text/html")
	f.Add([]byte("<meta charset=gb2312><p>\xd6\xd0\xce\xc4"), "")
	f.Add([]byte("x\u030c\xca"), "0") // broken UTF-8 of an unknown type
	f.Add([]byte("<a><div class=article-body><h1>x</h1></a><ul><li>y</div>"), "text/html; charset=shift_jis")
	f.Fuzz(func(t *testing.T, page []byte, contentType string) {
		_, main, err := Main(page, contentType)
		if err == nil && (len(main) == 0 || !utf8.Valid(main)) {
			t.Fatalf("no error, and text %q", main)
		}
		if _, all, err := All(page, contentType); err == nil && !utf8.Valid(all) {
			t.Fatalf("text %q", all)
		}
	})
}
