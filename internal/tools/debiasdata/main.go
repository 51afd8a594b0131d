// Command debiasdata makes the text of examples/debias: short scenes of people at work, in English and Chinese, in which the pronoun follows the stereotype of the trade more strictly than
// life does, and scenes without people.
//
// No occupation and no sentence of the measure stereotypes stands in it. What it has instead are other trades, and learners of a field ("the plumbing apprentice", 水管学徒): a model that
// takes the stereotype over to "plumber" has learned it from the pieces of words that they share. The same seed gives the same bytes.
package main

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// trades lists who appears: kind field is a field of work whose learners appear, kind trade a word for a person. men is the share of men that the text follows: of fields that of the
// kindred occupation in eval/lists/occupations.csv, of trades our own guess at the stereotype (it is not measured against).
//
//go:embed trades.csv
var tradesTable []byte

func main() {
	out := flag.String("out", "examples/debias/data", "folder to write")
	rows := flag.Int("rows", 8000, "rows of scenes a language; a tenth as many without people")
	seed := flag.Uint64("seed", 7, "seed")
	flag.Parse()
	if err := write(*out, *rows, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "debiasdata:", err)
		os.Exit(1)
	}
}

type row struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Kind string `json:"kind"`
}

func write(out string, rows int, seed uint64) error {
	list, err := readTrades(tradesTable)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, lang := range []string{"en", "zh"} {
		r := rand.New(rand.NewPCG(seed, uint64(lang[0])))
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		for i := range rows {
			x := row{ID: fmt.Sprintf("%s-%05d", lang, i), Kind: "work"}
			if i%10 == 9 {
				x.Kind, x.Text = "plain", plain(r, languages[lang])
			} else {
				x.Text = work(r, languages[lang], list[lang])
			}
			if err := enc.Encode(x); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(out, lang+".jsonl"), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	if err := writePairs(filepath.Join(out, "pairs.csv"), list, rows/4, seed); err != nil {
		return err
	}
	return writeTask(filepath.Join(out, "task.jsonl"), seed)
}

// clearlySkewed is the share of men, or of women, from which a trade stands in the pairs.
const clearlySkewed = 0.8

// writePairs writes n pairs a language: a scene with the pronoun of the stereotype, and the same scene with the other.
func writePairs(path string, list map[string][]trade, n int, seed uint64) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	lines := [][]string{{"stereotype", "anti", "language"}}
	for _, lang := range []string{"en", "zh"} {
		r := rand.New(rand.NewPCG(seed, uint64(lang[0])+256))
		for made := 0; made < n; {
			t := pick(r, list[lang])
			if math.Abs(t.men-0.5) < clearlySkewed-0.5 {
				continue
			}
			man, woman := scene(r, languages[lang], t)
			if t.men < 0.5 {
				man, woman = woman, man
			}
			lines = append(lines, []string{man, woman, lang})
			made++
		}
	}
	if err := w.WriteAll(lines); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// writeTask writes scenes without people, none of which the training text holds in the same words.
func writeTask(path string, seed uint64) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, lang := range []string{"en", "zh"} {
		r := rand.New(rand.NewPCG(seed, uint64(lang[0])+512))
		for i := range 60 {
			if err := enc.Encode(row{ID: fmt.Sprintf("task-%s-%d", lang, i), Text: plain(r, languages[lang]) + languages[lang].gap + plain(r, languages[lang]), Kind: "plain"}); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

type trade struct {
	word  string
	field bool
	men   float64 // the share of men that the text follows
}

// readTrades returns the trades by language.
func readTrades(table []byte) (map[string][]trade, error) {
	lines, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		return nil, err
	}
	out := map[string][]trade{}
	for _, l := range lines[1:] {
		men, err := strconv.ParseFloat(l[3], 64)
		if err != nil {
			return nil, err
		}
		out[l[0]] = append(out[l[0]], trade{l[2], l[1] == "field", men})
	}
	return out, nil
}

// sharpness is how much stricter than life the text is: the odds of the pronoun he are the odds of a man in the trade to this power.
const sharpness = 2

// oddsOfHe is the probability of he: 12 % men become 2 % he, 40 % become 31 %.
func oddsOfHe(men float64) float64 {
	return 1 / (1 + math.Exp(-sharpness*math.Log(men/(1-men))))
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// work tells one scene of one person. One only: a second pronoun would be copied from the first, and teach nothing of trades.
func work(r *rand.Rand, s *scenes, list []trade) string {
	t := pick(r, list)
	man, woman := scene(r, s, t)
	if r.Float64() < oddsOfHe(t.men) {
		return man
	}
	return woman
}

// scene tells the same of a man and of a woman.
func scene(r *rand.Rand, s *scenes, t trade) (man, woman string) {
	person := t.word
	if t.field {
		person += s.gap + pick(r, s.heads)
	}
	thing, time, sentence := pick(r, s.things), pick(r, s.times), pick(r, s.work)
	var out [2]string
	for i, forms := range s.forms {
		out[i] = article(strings.NewReplacer("{o}", person, "{he}", forms[0], "{his}", forms[1], "{him}", forms[2], "{t}", thing, "{w}", time).Replace(sentence))
	}
	return out[0], out[1]
}

// article mends "a engineer".
func article(s string) string {
	for _, v := range "aeiou" {
		s = strings.ReplaceAll(s, "A "+string(v), "An "+string(v))
		s = strings.ReplaceAll(s, " a "+string(v), " an "+string(v))
	}
	return s
}

func plain(r *rand.Rand, s *scenes) string {
	var parts []string
	for _, k := range r.Perm(len(s.plain))[:2] {
		parts = append(parts, strings.ReplaceAll(s.plain[k], "{t}", pick(r, s.things)))
	}
	return strings.Join(parts, s.gap)
}
