package quality

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"winnow/datasets"
	"winnow/filters"
	"winnow/filters/filtertest"
	"winnow/internal/corpus"
	"winnow/internal/shared"
	"winnow/internal/spec"
)

func newQuality(preset string) *Quality {
	q := &Quality{}
	spec.SetDefaults(q)
	q.Preset = preset
	return q
}

func newRepetition(preset string) *Repetition {
	p := &Repetition{}
	spec.SetDefaults(p)
	p.Preset = preset
	return p
}

// lost returns the share of rows that were dropped and how often for which reason.
func lost(results []filtertest.Result) (share float64, why string) {
	counts := map[string]int{}
	n := 0
	for _, r := range results {
		if r.Reason != "" {
			counts[r.Reason]++
			n++
		}
	}
	var parts []string
	for reason, k := range counts {
		parts = append(parts, fmt.Sprintf("%s %d", reason, k))
	}
	slices.Sort(parts)
	return float64(n) / float64(max(len(results), 1)), strings.Join(parts, ", ")
}

// sample takes every k-th text so that about n are left; WINNOW_FULL_SETS=1 takes all, as the tables of the docs do.
func sample(texts []string, n int) []string {
	if os.Getenv("WINNOW_FULL_SETS") != "" || len(texts) <= n {
		return texts
	}
	var out []string
	for i := 0; i < len(texts); i += len(texts)/n + 1 {
		out = append(out, texts[i])
	}
	return out
}

func readSet(t testing.TB, name string) []string {
	set, ok := corpus.Find(name)
	if !ok {
		t.Fatalf("no set %s", name)
	}
	texts, err := set.Read(shared.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestQualityLosses measures what the default preset costs in good text, and prints the tables of the docs with -v.
func TestQualityLosses(t *testing.T) {
	dir := shared.Dir(t)
	for _, set := range corpus.Sets() {
		if set.Kind == "pair" {
			continue
		}
		texts, err := set.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		texts = sample(texts, 150)
		limit := .02
		switch set.Kind {
		case "statute", "poem", "dialogue", "book":
			limit = .05
		}
		if os.Getenv("WINNOW_FULL_SETS") == "" {
			limit += .015 // two rows of 150 are chance
		}
		line := fmt.Sprintf("| %s | %d |", set.Name, len(texts))
		own := map[string]string{"statute": "statutes", "dialogue": "dialogue", "book": "books"}[set.Kind]
		for _, preset := range []string{"domain", "gopher", "fineweb", "zh", "c4", own} {
			if preset == "" {
				line += " – |"
				continue
			}
			share, why := lost(filtertest.RunAll(t, newQuality(preset), filters.Whole, texts...))
			line += fmt.Sprintf(" %.1f %% |", 100*share)
			if (preset == "domain" || preset == own) && share > limit && !(set.Name == "hh-harmless-en" && preset == "domain") {
				t.Errorf("%s: preset %s drops %.4f: %s", set.Name, preset, share, why)
			}
		}
		for _, preset := range []string{"domain", "gopher"} {
			share, why := lost(filtertest.RunAll(t, newRepetition(preset), filters.Whole, texts...))
			line += fmt.Sprintf(" rep %.1f %% |", 100*share)
			if preset == "domain" && share > limit {
				t.Errorf("%s: repetition drops %.4f: %s", set.Name, share, why)
			}
		}
		t.Log(line)
	}
}

// noise makes the gibberish of the bench corpus: signs, digits and rare letters, a space now and then.
func noise(r *rand.Rand) string {
	const alphabet = "#@$%^&*~|<>{}[]0123456789qxzjk "
	b := make([]byte, 200+r.IntN(700))
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

func TestQualityGibberish(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	wiki := readSet(t, "wikipedia-zh")
	made := map[string][]string{}
	for i := range 400 {
		made["noise"] = append(made["noise"], noise(r))
		letters := make([]byte, 300)
		for j := range letters {
			letters[j] = ' '
			if r.IntN(7) > 0 {
				letters[j] = byte('a' + r.IntN(26))
			}
		}
		made["letters"] = append(made["letters"], string(letters))
		var han, latin strings.Builder
		for range 200 {
			han.WriteRune(rune(0x4E00 + r.IntN(0x5200)))
		}
		made["han"] = append(made["han"], han.String())
		gbk, err := simplifiedchinese.GBK.NewDecoder().String(wiki[i])
		if err != nil {
			t.Fatal(err)
		}
		made["UTF-8 read as GBK"] = append(made["UTF-8 read as GBK"], gbk)
		for _, c := range []byte(wiki[i]) {
			latin.WriteRune(rune(c))
		}
		made["UTF-8 read as Latin-1"] = append(made["UTF-8 read as Latin-1"], latin.String())
	}
	for name, texts := range made {
		share, why := lost(filtertest.RunAll(t, newQuality("domain"), filters.Whole, texts...))
		t.Logf("%s: dropped %.4f: %s", name, share, why)
		if share < .99 {
			t.Errorf("%s: only %.4f dropped; want .99", name, share)
		}
	}
}

func TestQualityRepeated(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	lines := []string{"Buy the best shoes of the season at our shop today! ", "本店新到一批春茶，欢迎各位新老顾客前来品尝选购。", "Click here. ", "哈哈哈。", "Our opening hours are nine to five.\n"}
	var texts []string
	for i := range 500 {
		texts = append(texts, strings.Repeat(lines[i%len(lines)], 20+r.IntN(60)))
	}
	share, why := lost(filtertest.RunAll(t, newRepetition("domain"), filters.Whole, texts...))
	t.Logf("dropped %.4f: %s", share, why)
	if share < .99 {
		t.Errorf("only %.4f of repeated rows dropped", share)
	}
}

// TestRealTextStays: what looks odd to a rule and is written by people.
func TestRealTextStays(t *testing.T) {
	for _, text := range []string{
		"The loss is $L(\\theta) = -\\frac{1}{n}\\sum_{i=1}^{n} \\log p_\\theta(y_i \\mid \\mathbf{x}_i) + \\lambda\\|\\theta\\|_2^2$, where $\\mathbf{x}_i \\in \\mathbb{R}^d$ and $y_i$ is the label of example $i$ in the set.",
		"func (s *set) add(h uint64) bool {\n\tfor i := h & s.mask; ; i = (i + 1) & s.mask {\n\t\tif s.slots[i] == 0 {\n\t\t\ts.slots[i] = h\n\t\t\treturn false\n\t\t}\n\t\tif s.slots[i] == h {\n\t\t\treturn true\n\t\t}\n\t}\n}",
		"for (int i=0;i<n;i++){a[i]=b[i]*c[j]+d[k]%m;if(x[i]>=y[i]&&z[i]!=0||w){*p++=&q[i];}}\nwhile(*s)h=(h<<5)^(h>>27)^*s++;return h&0x7fffffff;",
		"| Dose | Patients | Response | 95 % CI |\n|---|---|---|---|\n| 5 mg | 120 | 34 % | 26-43 |\n| 10 mg | 118 | 51 % | 42-60 |\n| 20 mg | 121 | 58 % | 49-67 |",
		" |  | 2019 | 2018 | 2017\nFixed price | $ 1,452.4 | $ 1,146.2 | $ 1,036.9\nOther | 44.1 | 56.7 | 70.8\nTotal sales | $1,496.5 | $1,202.9 | $1,107.7\nCosts | (312.4) | (298.0) | (271.3)",
		"{\"id\": 17, \"name\": \"aspirin\", \"dose_mg\": [100, 300, 500], \"routes\": [\"oral\"], \"contraindications\": {\"age\": \"<12\", \"pregnancy\": true, \"notes\": \"see the label of the box\"}, \"storage\": \"below 25 degrees\"}",
		"床前明月光，疑是地上霜。\n举头望明月，低头思故乡。",
		"患者男，45岁，BP 150/95 mmHg，HR 88次/分，WBC 11.2×10^9/L，CRP 35 mg/L，予阿莫西林0.5 g tid口服，3天后复诊。",
		"——你去哪儿？\n——去学校。\n——几点回来？\n——不知道，可能五点吧……\n——那我等你。",
		"第三条　本条例所称数据，是指任何以电子或者其他方式对信息的记录。\n第四条　数据处理，包括数据的收集、存储、使用、加工、传输、提供、公开等。",
		"若 $a>b$ 且 $c>0$，则 $ac>bc$；令 $f(x)=\\frac{x^2-1}{x+1}$，求 $\\lim_{x\\to 1} f(x)$，并讨论 $x=-1$ 处的连续性。",
	} {
		r := filtertest.RunAll(t, newQuality("domain"), filters.Whole, text)[0]
		if r.Reason != "" || r.Scores["quality"] < .5 {
			t.Errorf("dropped as %q with score %.3f: %s", r.Reason, r.Scores["quality"], text)
		}
		if r := filtertest.RunAll(t, newRepetition("domain"), filters.Whole, text)[0]; r.Reason != "" {
			t.Errorf("repetition: dropped as %q: %s", r.Reason, text)
		}
	}
}

func TestScoreAgreesWithVerdict(t *testing.T) {
	for _, name := range []string{"bench-en", "bench-zh"} {
		for _, preset := range []string{"domain", "gopher", "fineweb"} {
			for _, r := range filtertest.RunAll(t, newQuality(preset), filters.Whole, sample(readSet(t, name), 300)...) {
				if s := r.Scores["quality"]; (r.Reason != "") != (s < .5) || s < 0 || s > 1 {
					t.Fatalf("%s: score %v but reason %q: %.80q", preset, s, r.Reason, r.Text)
				}
			}
		}
	}
}

func TestRulesMatchParameters(t *testing.T) {
	params := spec.ParamsOf(&Limits{})
	if len(params) != len(rules) {
		t.Fatalf("%d parameters for %d rules", len(params), len(rules))
	}
	for i, p := range params {
		if p.Name != rules[i].name {
			t.Errorf("parameter %d is %s, rule %s", i, p.Name, rules[i].name)
		}
	}
	for preset := range presets {
		for _, lang := range []string{"", "en", "zh", "ja"} {
			if _, err := limitsOf(preset, lang); err != nil {
				t.Errorf("%s, %s: %v", preset, lang, err)
			}
		}
	}
	q := newQuality("domain")
	q.ByLanguage = map[string]map[string]float64{"zh": {"min_wrods": 3}}
	if err := q.Prepare(t.Context(), &filtertest.Env{}); err == nil || !strings.Contains(err.Error(), "min_wrods") {
		t.Errorf("a limit that does not exist: %v", err)
	}
}

func TestShortShapes(t *testing.T) {
	for shape, want := range map[datasets.Shape]float64{datasets.Pair: 1, datasets.Labelled: 1, datasets.Messages: 10} {
		if got := shortest(shape); got != want {
			t.Errorf("%s: %v words, want %v", shape, got, want)
		}
	}
	q := newQuality("domain")
	if err := q.Prepare(t.Context(), &filtertest.Env{}); err != nil {
		t.Fatal(err)
	}
	f := &figures{words: 4, letterWords: 1}
	if _, reason := q.judge(f, q.sets["en"], datasets.Text); reason != "too few words" {
		t.Errorf("a text of four words: %q", reason)
	}
	for _, shape := range []datasets.Shape{datasets.Pair, datasets.Labelled} {
		if _, reason := q.judge(f, q.sets["en"], shape); reason == "too few words" {
			t.Errorf("%s of four words: %q", shape, reason)
		}
	}
}

// TestStrictDatatrove: a text of two words has one 2-gram, which fills it; datatrove drops it, we do not.
func TestStrictDatatrove(t *testing.T) {
	p := newRepetition("gopher")
	text := "Paracetamol tablets."
	if r := filtertest.RunAll(t, p, filters.Whole, text)[0]; r.Reason != "" {
		t.Errorf("dropped: %s", r.Reason)
	}
	p = newRepetition("gopher")
	p.Strict = "datatrove"
	if r := filtertest.RunAll(t, p, filters.Whole, text)[0]; r.Reason == "" {
		t.Error("strict: kept")
	}
}

func benchmark(b *testing.B, name string, step filters.Step) {
	texts := readSet(b, name)
	n := 0
	for _, x := range texts {
		n += len(x)
	}
	filtertest.RunAll(b, step, filters.Whole, texts[:100]...)
	b.SetBytes(int64(n))
	apply := filtertest.Loop(b, step, filters.Whole, texts)
	b.ResetTimer()
	for range b.N {
		apply()
	}
}

func BenchmarkQuality(b *testing.B) {
	for _, name := range []string{"bench-en", "bench-zh"} {
		b.Run(name, func(b *testing.B) { benchmark(b, name, newQuality("domain")) })
	}
}

func BenchmarkRepetition(b *testing.B) {
	for _, name := range []string{"bench-en", "bench-zh"} {
		b.Run(name, func(b *testing.B) { benchmark(b, name, newRepetition("domain")) })
	}
}
