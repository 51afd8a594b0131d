package harm

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zeebo/xxh3"

	"winnow/filters"
	"winnow/filters/filtertest"
	"winnow/internal/corpus"
	"winnow/internal/shared"
	"winnow/internal/spec"
)

func newHarm(edit func(*Harm)) *Harm {
	h := &Harm{}
	spec.SetDefaults(h)
	if edit != nil {
		edit(h)
	}
	return h
}

func TestCases(t *testing.T) { filtertest.Cases(t, "harm") }

// labelled is a row of a labelled set that was kept apart from training.
type labelled struct {
	text, group string
	harmful     bool
	p           float64
}

// apart reads the rows of a set that the trainer kept for tests: it goes by the same hash.
func apart(t *testing.T, file, set string, from, to uint64, harmful func(map[string]any) bool, group string) (out []labelled) {
	t.Helper()
	rows, err := corpus.JSONL(shared.Dir(t), file)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if h := xxh3.HashString("harm "+set+" "+fmt.Sprint(r["id"])) % 100; h < from || h >= to {
			continue
		}
		x := labelled{text: r["text"].(string), harmful: harmful(r)}
		x.group, _ = r[group].(string)
		out = append(out, x)
	}
	return out
}

func score(m *Linear, rows []labelled) []labelled {
	s := m.NewScorer()
	for i := range rows {
		rows[i].p = s.Score([]byte(rows[i].text))
	}
	return rows
}

func macroF1(rows []labelled) float64 {
	var tp, fp, fn, tn float64
	for _, r := range rows {
		switch {
		case r.harmful && r.p > .5:
			tp++
		case r.harmful:
			fn++
		case r.p > .5:
			fp++
		default:
			tn++
		}
	}
	return tp/(2*tp+fp+fn) + tn/(2*tn+fp+fn)
}

func auc(rows []labelled) float64 {
	var above, pairs float64
	for _, a := range rows {
		for _, b := range rows {
			if a.harmful && !b.harmful {
				pairs++
				if a.p > b.p {
					above++
				} else if a.p == b.p {
					above += .5
				}
			}
		}
	}
	return above / pairs
}

func calibrationError(rows []labelled) float64 {
	var gap [10]float64
	for _, r := range rows {
		b := min(int(r.p*10), 9)
		gap[b] += r.p
		if r.harmful {
			gap[b]--
		}
	}
	sum := 0.0
	for _, g := range gap {
		sum += math.Abs(g)
	}
	return sum / float64(len(rows))
}

func TestQualityDavidson(t *testing.T) {
	rows := score(Model("en"), apart(t, "data/harm/davidson-en.jsonl.zst", "davidson", 0, 20, func(r map[string]any) bool { return r["label"] != "neither" }, "label"))
	f1, ece := macroF1(rows), calibrationError(rows)
	t.Logf("%d rows: macro-F1 %.4f, calibration error %.4f", len(rows), f1, ece)
	if f1 < .915 || ece > .05 {
		t.Errorf("macro-F1 %.4f, calibration error %.4f; want .915 and .05", f1, ece)
	}
}

func TestQualityCOLD(t *testing.T) {
	rows := score(Model("zh"), apart(t, "data/harm/cold-test-zh.jsonl.zst", "cold-test", 50, 100, func(r map[string]any) bool { return fmt.Sprint(r["label"]) == "1" }, "topic"))
	f1, ece := macroF1(rows), calibrationError(rows)
	t.Logf("%d rows: macro-F1 %.4f, calibration error %.4f", len(rows), f1, ece)
	if f1 < .79 || ece > .06 {
		t.Errorf("macro-F1 %.4f, calibration error %.4f; want .79 and .06", f1, ece)
	}
}

func TestQualityHateCheck(t *testing.T) {
	rows := score(Model("en"), apart(t, "data/harm/hatecheck-en.jsonl.zst", "hatecheck", 0, 30, func(r map[string]any) bool { return r["label"] == "hateful" }, "target"))
	all := auc(rows)
	t.Logf("%d rows: AUC %.4f", len(rows), all)
	if all < .95 {
		t.Errorf("AUC %.4f; want .95", all)
	}
	groups := map[string][]labelled{}
	for _, r := range rows {
		groups[r.group] = append(groups[r.group], r)
	}
	for g, sub := range groups {
		if g == "" { // all of one label
			continue
		}
		if a := auc(sub); a < all-.05 {
			t.Errorf("%s: AUC %.4f, more than .05 under %.4f", g, a, all)
		}
	}
}

// TestQualityBenign: of good text, whole documents included, at most half a percent is flagged; texts about crimes and rude dialogues have their own limits.
func TestQualityBenign(t *testing.T) {
	limits := map[string]float64{"law-qa-zh": .03, "statutes-zh": .01, "bench-zh": .01 /* two thirds of it statutes and dialogues */, "hh-harmless-en": .12, "state-union-en": .02, "inaugural-en": .015}
	dir := shared.Dir(t)
	for _, set := range corpus.Sets() {
		texts, err := set.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		var some []string
		for i := 0; i < len(texts); i += max(1, len(texts)/800) {
			some = append(some, texts[i])
		}
		texts = some
		flagged := 0
		for _, r := range filtertest.RunAll(t, newHarm(nil), filters.Each, texts...) {
			if r.Reason != "" {
				flagged++
			}
		}
		share := float64(flagged) / float64(len(texts))
		t.Logf("%-15s %5d rows, flagged %.4f", set.Name, len(texts), share)
		limit := .00625 // 5 of 800; over whole sets .005 holds
		if l, ok := limits[set.Name]; ok {
			limit = l
		}
		if share > limit {
			t.Errorf("%s: %.4f flagged; want %.4f", set.Name, share, limit)
		}
	}
}

// TestInsideLongText puts harmful posts that are flagged by themselves into the middle of good documents.
func TestInsideLongText(t *testing.T) {
	posts := score(Model("en"), apart(t, "data/harm/davidson-en.jsonl.zst", "davidson", 0, 20, func(r map[string]any) bool { return r["label"] != "neither" }, "label"))
	set, _ := corpus.Find("medquad")
	good, err := set.Read(shared.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	good = slices.DeleteFunc(good, func(s string) bool { return len(s) < 1500 })
	var texts []string
	for i, p := range posts {
		if p.harmful && p.p > .9 && len(texts) < 500 {
			g := good[i%len(good)]
			k := strings.Index(g[700:], ". ") + 702
			texts = append(texts, g[:k]+p.text+". "+g[k:])
		}
	}
	n := 0
	for _, r := range filtertest.RunAll(t, newHarm(nil), filters.Each, texts...) {
		if r.Reason != "" {
			n++
		}
	}
	share := float64(n) / float64(len(texts))
	t.Logf("found %.3f of %d", share, len(texts))
	if share < .80 {
		t.Errorf("found only %.3f of posts inside documents", share)
	}
}

// TestSpeechAboutHarm: medicine, quotes, counter-speech and plain mentions stay.
func TestSpeechAboutHarm(t *testing.T) {
	for _, text := range []string{
		"Breast cancer screening is offered to women between 50 and 69 years.", "Bleeding from the rectum may come from an anal fissure or from piles.",
		"Suicide prevention starts with asking directly whether a person wants to die.", "Symptoms of gonorrhoea in men are discharge from the penis and pain when passing water.",
		"Calling refugees vermin is hate speech, and the council said so.", "No child should be bullied for being gay.", "The exhibition shows how Jews were persecuted in the thirties.",
		"My neighbours are Muslims and we celebrate together.", "She is a black woman and the first to hold the office.", "Kill the process and start the server again.",
		"乳房胀痛伴有结节，建议做乳腺彩超检查。", "患者因肛周脓肿入院，行切开引流术。", "预防自杀，需要家庭、学校和社会共同努力。", "残疾人的就业权利受法律保护。", "她是一位黑人医生，在这里工作了十年。", "请先杀死占用端口的进程，再重新启动服务。",
	} {
		if r := filtertest.RunAll(t, newHarm(nil), filters.Each, text)[0]; r.Reason != "" {
			t.Errorf("flagged with %.2f: %s", r.Scores["harm"], text)
		}
	}
}

func TestRedact(t *testing.T) {
	h := newHarm(func(h *Harm) { h.Action = "redact" })
	in := strings.Repeat("The clinic opens at eight and closes at five. ", 6) + "You are a stupid bitch and I hate you. " + strings.Repeat("Bring your insurance card with you. ", 6)
	r := filtertest.RunAll(t, h, filters.Each, in)[0]
	if r.Reason != "" || strings.Contains(r.Text, "bitch") || !strings.Contains(r.Text, "[removed]") || !strings.Contains(r.Text, "opens at eight") || !strings.HasSuffix(r.Text, "card with you. ") {
		t.Errorf("redacted: %q", r.Text)
	}
	if again := filtertest.RunAll(t, h, filters.Each, r.Text)[0]; again.Text != r.Text {
		t.Errorf("a second time: %q", again.Text)
	}
}

func TestLimitsBySource(t *testing.T) {
	text := "You stupid bitch, I hate you."
	h := newHarm(func(h *Harm) { h.BySource = map[string]float64{"test": 1} })
	if r := filtertest.RunAll(t, h, filters.Each, text)[0]; r.Reason != "" || r.Scores["harm"] < .5 {
		t.Errorf("limit 1: %+v", r)
	}
}

func TestExplain(t *testing.T) {
	if got := Explain([]byte("The weather is fine, you stupid bitch."), "en", 2); len(got) == 0 || !strings.Contains(got[0].Text+got[len(got)-1].Text, "bitch") {
		t.Errorf("%v", got)
	}
	if got := Explain([]byte("今天天气很好，你这个人渣真恶心"), "zh", 3); len(got) == 0 {
		t.Error("nothing explained in Chinese")
	}
	if Explain([]byte("Bonjour"), "fr", 3) != nil {
		t.Error("a language without a model is explained")
	}
}

func TestModelFile(t *testing.T) {
	set := FeatureSet{Bits: 10, MinGram: 1, MaxGram: 3, Words: 1}
	weights := make([]float32, 1<<10)
	for i := range weights {
		weights[i] = float32(math.Sin(float64(i)))
	}
	m := NewLinear(Header{Name: "x", Features: set, Slope: 1, Triggers: []string{"bad"}}, weights)
	data, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadLinear(data)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := m.NewScorer().Margin([]byte("some text")), back.NewScorer().Margin([]byte("some text")); a != b {
		t.Errorf("margin %v, read back %v", a, b)
	}
	for _, broken := range [][]byte{nil, data[:20], data[:len(data)-1], append(bytes.Clone(data), 0), bytes.Replace(data, []byte(`"bits":10`), []byte(`"bits":99`), 1)} {
		if _, err := ReadLinear(broken); err == nil {
			t.Errorf("a broken file of %d bytes is read", len(broken))
		}
	}
}

func TestScorerSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	s := Model("en").NewScorer()
	text := []byte("RT @someone: you all know what these people say when nobody hears them lol http://t.co/x")
	best := time.Hour
	for range 5 {
		start := time.Now()
		for range 2000 {
			s.Score(text)
		}
		best = min(best, time.Since(start))
	}
	rate := 2000 / best.Seconds()
	t.Logf("%.0f texts/s", rate)
	if rate < 20_000 { // 50,000 on a core that nobody else uses
		t.Errorf("%.0f texts/s", rate)
	}
}

func FuzzScore(f *testing.F) {
	f.Add([]byte("You &amp; me @someone http://x.y ！Ａ 人渣人渣人渣 \xff\xfe"))
	f.Add([]byte(strings.Repeat("stupid bitch. ", 60)))
	en, zh := Model("en").NewScorer(), Model("zh").NewScorer()
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, s := range []*Scorer{en, zh} {
			if p := s.Score(b); !(p >= 0 && p <= 1) {
				t.Fatalf("score %v of %q", p, b)
			}
		}
		last := 0
		for _, w := range Windows(b, nil) {
			if w[0] != last || w[1] < w[0] || w[1] > len(b) {
				t.Fatalf("window %v after %d of %d", w, last, len(b))
			}
			last = w[1]
		}
		if last != len(b) {
			t.Fatalf("windows end at %d of %d", last, len(b))
		}
	})
}

func FuzzReadLinear(f *testing.F) {
	m := NewLinear(Header{Features: FeatureSet{Bits: 8, MinGram: 1, MaxGram: 2}}, make([]float32, 256))
	data, err := m.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := ReadLinear(b); err == nil {
			m.NewScorer().Score([]byte("text"))
		}
	})
}

func BenchmarkHarm(b *testing.B) {
	for _, name := range []string{"bench-en", "bench-zh", "tatoeba-en", "tatoeba-zh"} {
		b.Run(name, func(b *testing.B) {
			set, _ := corpus.Find(name)
			texts, err := set.Read(shared.Dir(b))
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for _, x := range texts {
				n += len(x)
			}
			b.SetBytes(int64(n))
			run := filtertest.Loop(b, newHarm(nil), filters.Each, texts)
			b.ResetTimer()
			for range b.N {
				run()
			}
			b.ReportMetric(float64(len(texts)*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
