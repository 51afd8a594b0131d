package all

import (
	"bufio"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winnow/filters"
	"winnow/filters/dedup"
	"winnow/filters/filtertest"
	"winnow/internal/shared"
)

// plantedRow is a row of the bench corpus with the truth about it.
type plantedRow struct {
	ID, Text, Source, Planted, Of string
	Rate                          float64
	Items                         [][2]string

	text   string // as the chain leaves it
	reason string // step and reason of the drop
}

// plantedCorpus runs the bench's make_dirty.py. Its only module outside Python's own, zstandard, is stood in for by one that opens what is unpacked here.
func plantedCorpus(t *testing.T, lang, mb, low, high string) []*plantedRow {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("skipped: there is no python3 to run bench/make_dirty.py with")
	}
	script := shared.File(t, "bench/make_dirty.py")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, lang+".jsonl.zst"), shared.Open(t, "bench/"+lang+".jsonl.zst"), 0o644); err != nil {
		t.Fatal(err)
	}
	shim := "import os\nclass ZstdDecompressor:\n    def stream_reader(self, f): return open(os.path.join(os.path.dirname(__file__), os.path.basename(f.name)), 'rb')\n"
	if err := os.WriteFile(filepath.Join(dir, "zstandard.py"), []byte(shim), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, script, dir, "--mb", mb, "--lang", lang, "--seed", "7", "--near-low", low, "--near-high", high)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+dir, "PYTHONDONTWRITEBYTECODE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make_dirty.py: %v\n%s", err, out)
	}
	f, err := os.Open(filepath.Join(dir, lang+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var rows []*plantedRow
	lines := bufio.NewScanner(f)
	for lines.Buffer(nil, 1<<26); lines.Scan(); {
		r := &plantedRow{}
		if err := json.Unmarshal(lines.Bytes(), r); err != nil {
			t.Fatal(err)
		}
		r.text = r.Text
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// plantedSteps is the chain that a recipe for domain text would have.
var plantedSteps = []string{"unicode", "lines", "quality", "repetition", "pii", "dedup: rewrites"}

// runPlanted takes the rows through the chain.
func runPlanted(t *testing.T, rows []*plantedRow) {
	t.Helper()
	for _, name := range plantedSteps {
		name, preset, _ := strings.Cut(name, ": ")
		reg := filters.Lookup(name)
		step := reg.Defaults()
		if preset != "" {
			step.(*dedup.Dedup).Preset = preset
		}
		var alive []*plantedRow
		var records []filtertest.Record
		for _, r := range rows {
			if r.reason == "" {
				alive = append(alive, r)
				records = append(records, filtertest.Record{ID: r.ID, Source: r.Source, Text: r.text})
			}
		}
		out := filtertest.Survey(t, step, reg.Unit, &filtertest.Env{}, filtertest.NewSet(t, nil, 3, records))
		for i, fate := range out.Rows {
			alive[i].text = fate.Text
			if fate.Reason != "" {
				alive[i].reason = name + ": " + fate.Reason
			}
		}
	}
}

// mendedText reports whether nothing that a wrong decoding leaves is left: the text that was spoilt is known, so the repaired one holds none of its byte pairs.
func mendedText(r *plantedRow, lang string) bool {
	if lang == "zh" {
		return !strings.ContainsFunc(r.text, func(c rune) bool { return c >= 0x80 && c < 0xA0 })
	}
	return strings.Contains(r.text, "It’s a café — naïve.") || strings.Contains(r.text, "It's a café — naïve.")
}

// boilerplateLines are the phrases by which the lines that make_dirty.py plants are known.
var boilerplateLines = []string{"Home | Log in", "All rights reserved.", "Read more >>", "Share on Facebook Twitter", "We use cookies. See our", "Please enable JavaScript to view",
	"首页 | 登录", "保留一切权利", "阅读更多>>", "分享到：微信 微博", "上一篇：没有了", "责任编辑：小编"}

func countLines(s string) int {
	n := 0
	for line := range strings.Lines(s) {
		if slices.ContainsFunc(boilerplateLines, func(p string) bool {
			return strings.HasPrefix(strings.TrimSpace(line), p) || strings.HasSuffix(strings.TrimSpace(line), p)
		}) {
			n++
		}
	}
	return n
}

// TestQualityPlanted holds a chain with default parameters against every defect that the bench corpus can have at once.
func TestQualityPlanted(t *testing.T) {
	mb := "3"
	if v := os.Getenv("WINNOW_PLANTED_MB"); v != "" {
		mb = v
	} else if testing.Short() {
		mb = "1"
	}
	for _, lang := range []string{"en", "zh"} {
		t.Run(lang, func(t *testing.T) {
			rows := plantedCorpus(t, lang, mb, ".02", ".10")
			runPlanted(t, rows)
			type share struct{ n, of int }
			found := map[string]*share{}
			add := func(name string, n, of int) {
				if found[name] == nil {
					found[name] = &share{}
				}
				found[name].n += n
				found[name].of += of
			}
			one := func(b bool) int {
				if b {
					return 1
				}
				return 0
			}
			why := map[string]int{}
			for _, r := range rows {
				gone := r.reason != ""
				switch r.Planted {
				case "clean":
					source, _, _ := strings.Cut(r.Source, "/")
					add("clean lost: "+source, one(gone), 1)
					if gone {
						why[source+": "+r.reason]++
					}
				case "boilerplate":
					n := countLines(r.Text)
					left := 0
					if !gone {
						left = countLines(r.text)
					}
					add("boilerplate lines", n-left, n)
				case "mojibake":
					add("mojibake", one(gone || mendedText(r, lang)), 1)
				case "pii":
					for _, it := range r.Items {
						add("pii", one(gone || !strings.Contains(r.text, it[1])), 1)
						if !gone && strings.Contains(r.text, it[1]) {
							why["pii missed: "+it[0]]++
						}
					}
				default:
					add(r.Planted, one(gone), 1)
				}
			}
			least := map[string]float64{"exact": .99, "gibberish": .99, "repeated": .99, "near": .95, "pii": .98, "boilerplate lines": .90, "mojibake": .95}
			for _, name := range slices.Sorted(maps.Keys(found)) {
				s := found[name]
				x := float64(s.n) / float64(s.of)
				t.Logf("%-40s %5d of %5d = %.4f", name, s.n, s.of, x)
				if want, ok := least[name]; ok && x < want {
					t.Errorf("%s: %.4f, want %.2f", name, x, want)
				}
			}
			for _, k := range slices.Sorted(maps.Keys(why)) {
				t.Logf("   %4d %s", why[k], k)
			}
		})
	}
}
