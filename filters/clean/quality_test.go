package clean

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"path"
	"strings"
	"testing"

	"winnow/internal/shared"
)

// files returns the files of a shared tar by their base names.
func files(t testing.TB, name string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	r := tar.NewReader(bytes.NewReader(shared.Open(t, name)))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[path.Base(h.Name)] = data
	}
}

// TestQualityMojibake counts the cases of ftfy's own test set that are repaired as ftfy does it (its encoding repair, without what it does to quotes), and
// holds clean sentences of 26 languages to no change at all.
func TestQualityMojibake(t *testing.T) {
	set := files(t, "data/language/ftfy_cases.tar.zst")
	for _, c := range []struct {
		file  string
		least float64
	}{{"in-the-wild", 60. / 70}, {"negative", 1}, {"synthetic", 24. / 30}, {"language-names", 16. / 20}} {
		var cases []struct {
			Original, Fixed string
			Encoding        *string `json:"fixed-encoding"`
		}
		if err := json.Unmarshal(set["ftfy_"+c.file+".json"], &cases); err != nil {
			t.Fatal(err)
		}
		right := 0
		for _, x := range cases {
			want := x.Fixed
			if x.Encoding != nil {
				want = *x.Encoding
			}
			var m mender
			got, _ := m.mend([]byte(x.Original))
			if string(got) == want {
				right++
			} else {
				t.Logf("%s: %q\n got %q\nwant %q", c.file, x.Original, got, want)
			}
		}
		t.Logf("%s: %d of %d", c.file, right, len(cases))
		if float64(right) < c.least*float64(len(cases)) {
			t.Errorf("%s: %d of %d are right, want %.0f %%", c.file, right, len(cases), c.least*100)
		}
	}
	changed := 0
	var m mender
	for line := range strings.Lines(string(shared.Open(t, "data/language/lid_dev.tsv.zst"))) {
		_, s, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if got, ok := m.mend([]byte(s)); ok {
			changed++
			t.Errorf("changed %q to %q", s, got)
		} else if gbkMojibake([]byte(s)) {
			changed++
			t.Errorf("taken for UTF-8 read as GBK: %q", s)
		}
	}
	t.Logf("%d clean sentences changed", changed)
}
