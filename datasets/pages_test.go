package datasets

import (
	"path/filepath"
	"strings"
	"testing"

	"winnow/internal/shared"
)

// TestPagesRead reads archives and files of real pages: every page makes a row, the gold answers beside them none.
func TestPagesRead(t *testing.T) {
	path := shared.File(t, "pages/articles.tar.zst")
	_, batches, bad := readAll(t, NewSource("pages", filepath.Base(path)), filepath.Dir(path))
	defer releaseAll(batches)
	rows := rowsOf(batches)
	if len(rows) != 60 || len(bad) != 0 {
		t.Errorf("%d rows, bad %v", len(rows), bad)
	}
	for _, r := range rows {
		if len(r["text"]) < 200 || !strings.HasSuffix(r["id"], ".html#0") {
			t.Errorf("%s has %d bytes of text", r["id"], len(r["text"]))
		}
	}
	path = shared.File(t, "pages/web-article-zh.html") // declares gb2312 and is GB18030
	_, batches, bad = readAll(t, NewSource("page", filepath.Base(path)), filepath.Dir(path))
	defer releaseAll(batches)
	if len(bad) != 0 || len(batches) != 1 {
		t.Fatalf("bad %v", bad)
	}
	text := rowsOf(batches)[0]["text"]
	gold := strings.TrimSpace(string(shared.Open(t, "pages/web-article-zh.gold.txt")))
	have := map[rune]int{}
	for _, r := range text {
		have[r]++
	}
	found := 0
	for _, r := range gold {
		if have[r] > 0 {
			have[r]--
			found++
		}
	}
	if share := float64(found) / float64(len([]rune(gold))); share < 0.9 || strings.ContainsRune(text, '\uFFFD') {
		t.Errorf("%.2f of the article's characters were found", share)
	}
}
