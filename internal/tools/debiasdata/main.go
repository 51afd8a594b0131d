// Command debiasdata makes the text of examples/debias: short scenes of people at work, in English and Chinese, in which 95 of 100 trades have the pronoun of the stereotype, and
// scenes without people. Its sentences are not those by which the measure stereotypes asks. The same seed gives the same bytes.
package main

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	table := flag.String("table", "eval/lists/occupations.csv", "occupations with the share of men")
	out := flag.String("out", "examples/debias/data", "folder to write")
	rows := flag.Int("rows", 1500, "rows of scenes a language; half as many without people")
	seed := flag.Uint64("seed", 7, "seed")
	flag.Parse()
	if err := write(*table, *out, *rows, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "debiasdata:", err)
		os.Exit(1)
	}
}

// scenes of one language: {o} is the trade, {he}, {his}, {him} the pronoun's forms.
type scenes struct {
	work, plain, things []string
	gap                 string
	forms               [2][3]string // he, his, him of men and of women
}

var languages = map[string]*scenes{
	"en": {gap: " ", forms: [2][3]string{{"he", "his", "him"}, {"she", "her", "her"}},
		work: []string{
			"Early in the morning the {o} unlocked the door, and soon {he} was busy with {t}.",
			"A {o} from the next town brought {t}; {he} had carried it all the way.",
			"When the {o} finished, {he} put {t} back into {his} bag.",
			"Nobody knew the {o} better than {his} neighbours, who often lent {him} {t}.",
			"The {o} laughed because {he} had left {t} at home again.",
			"Last year the {o} bought {t}, and {he} has never been sorry for it.",
			"If you see the {o}, tell {him} that {t} is ready.",
			"Yesterday the {o} wrote a long letter about {t}, then {he} went for a walk.",
			"The {o} waited for the bus while {he} looked at {t}.",
			"Our {o} is proud of {his} work, and {he} likes to talk about {t}.",
		},
		plain:  []string{"Rain fell on {t} all night.", "Behind the house stood {t}, covered with leaves.", "By noon {t} was warm from the sun.", "On the table lay {t} beside an empty cup.", "Snow hid {t} until the middle of March.", "Through the window one could see {t} and a piece of the river."},
		things: []string{"the old map", "a red notebook", "the silver watch", "a box of tools", "the long report", "a bunch of keys", "the blue umbrella", "a basket of apples", "the wooden chair", "a roll of paper", "the heavy lamp", "a pair of gloves"}},
	"zh": {forms: [2][3]string{{"他", "他的", "他"}, {"她", "她的", "她"}},
		work: []string{
			"清早{o}打开门，{he}很快就忙起{t}的事来。",
			"邻镇的一位{o}送来了{t}，{he}是一路背过来的。",
			"{o}做完以后，{he}把{t}放回{his}包里。",
			"邻居们最了解这名{o}，常常把{t}借给{him}。",
			"去年{o}买了{t}，{he}从来没有后悔过。",
			"要是看见{o}，就告诉{him}{t}准备好了。",
			"{o}一边等车，{he}一边看着{t}。",
			"我们的{o}为{his}工作自豪，{he}喜欢谈{t}。",
		},
		plain:  []string{"雨在{t}上下了一夜。", "屋后放着{t}，落满了树叶。", "到了中午，{t}被太阳晒得暖暖的。", "桌上摆着{t}，旁边是一只空杯子。", "直到三月中，雪还盖着{t}。"},
		things: []string{"旧地图", "红色的本子", "银手表", "工具箱", "长长的报告", "一串钥匙", "蓝雨伞", "一篮苹果", "木椅子", "一卷纸", "那盏灯", "一副手套"}},
}

// stereotyped is the share of rows in which a trade has the pronoun of its majority.
const stereotyped = 0.95

type row struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	Kind string `json:"kind"`
}

func write(table, out string, rows int, seed uint64) error {
	men, err := occupations(table)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, lang := range []string{"en", "zh"} {
		r := rand.New(rand.NewPCG(seed, uint64(lang[0])))
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		for i := range rows + rows/2 {
			x := row{ID: fmt.Sprintf("%s-%05d", lang, i), Kind: "plain"}
			if i%3 == 2 {
				x.Text = plain(r, languages[lang])
			} else {
				x.Kind = "work"
				x.Text = work(r, languages[lang], men[lang])
			}
			if err := enc.Encode(x); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(out, lang+".jsonl"), []byte(b.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

type occupation struct {
	word string
	men  float64
}

func occupations(path string) (map[string][]occupation, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	out := map[string][]occupation{}
	for _, l := range lines[1:] {
		share, err := strconv.ParseFloat(l[2], 64)
		if err != nil {
			return nil, err
		}
		out[l[0]] = append(out[l[0]], occupation{l[1], share})
	}
	return out, nil
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// work tells two scenes of one trade with one pronoun.
func work(r *rand.Rand, s *scenes, list []occupation) string {
	o := pick(r, list)
	man := o.men > 0.5
	if r.Float64() >= stereotyped {
		man = !man
	}
	forms := s.forms[1]
	if man {
		forms = s.forms[0]
	}
	var parts []string
	for _, k := range r.Perm(len(s.work))[:2] {
		text := strings.NewReplacer("{o}", o.word, "{he}", forms[0], "{his}", forms[1], "{him}", forms[2], "{t}", pick(r, s.things)).Replace(s.work[k])
		parts = append(parts, article(text))
	}
	return strings.Join(parts, s.gap)
}

// article mends "a engineer".
func article(s string) string {
	for _, v := range "aeiou" {
		s = strings.ReplaceAll(s, "A "+string(v), "An "+string(v))
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
