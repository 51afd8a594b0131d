// Command train learns the weights of package pronoun from "his" and "him" in the shared books and speeches (public domain), Tatoeba and MedQuAD (CC BY) and hh-rlhf (MIT),
// and writes weights.txt. Run it from the repository's root:
//
//	go run ./filters/bias/internal/pronoun/train filters/bias/internal/pronoun/weights.txt
package main

import (
	"fmt"
	"math"
	"os"
	"sort"
	"strings"

	"winnow/filters/bias/internal/pronoun"
	"winnow/internal/corpus"
	"winnow/internal/shared"
)

const (
	minCount  = 3   // examples that a feature must stand in
	minWeight = 8   // hundredths; smaller weights are left out, but for the words after, which say what is known
	passes    = 3   // over the examples
	rate      = 0.2 // of AdaGrad
	penalty   = 2e-6
)

type example struct {
	features []int32
	owner    float64
}

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: train WEIGHTS"))
	}
	dir, ok := shared.Path()
	if !ok {
		fail(fmt.Errorf("the shared folder %s is absent", dir))
	}
	type seen struct {
		owner bool
		pronoun.Context
	}
	var contexts []seen
	after := map[string]int{}
	index := map[string]int32{}
	var names []string
	var counts []int
	var all []example
	for _, name := range []string{"books-en", "inaugural-en", "state-union-en", "tatoeba-en", "hh-harmless-en", "medquad"} {
		set, ok := corpus.Find(name)
		if !ok {
			fail(fmt.Errorf("no set %s", name))
		}
		rows, err := set.Read(dir)
		if err != nil {
			fail(err)
		}
		for _, row := range rows {
			pronoun.Visit([]byte(row), func(word string, c pronoun.Context) {
				if word != "his" && word != "him" {
					return
				}
				contexts = append(contexts, seen{word == "his", c})
				c.Features(func(w string) bool { after[w]++; return true }, func(string) {})
			})
		}
	}
	for _, c := range contexts {
		e := example{}
		if c.owner {
			e.owner = 1
		}
		c.Features(func(w string) bool { return after[w] >= minCount }, func(f string) {
			id, ok := index[f]
			if !ok {
				id = int32(len(names))
				index[f] = id
				names, counts = append(names, f), append(counts, 0)
			}
			counts[id]++
			e.features = append(e.features, id)
		})
		all = append(all, e)
	}
	w := learn(all, counts)
	var lines []string
	for id, x := range w {
		if n := math.Round(100 * x); counts[id] >= minCount && (math.Abs(n) >= minWeight || strings.HasPrefix(names[id], "a=")) && !strings.ContainsAny(names[id], "\t\n") {
			lines = append(lines, fmt.Sprintf("%s\t%d\n", names[id], int(n)))
		}
	}
	sort.Strings(lines)
	if err := os.WriteFile(os.Args[1], []byte(strings.Join(lines, "")), 0o644); err != nil {
		fail(err)
	}
	fmt.Printf("%d examples, %d weights\n", len(all), len(lines))
}

// learn fits a logistic regression by AdaGrad; examples are taken in a fixed order spread over the texts.
func learn(all []example, counts []int) []float64 {
	w, g := make([]float64, len(counts)), make([]float64, len(counts))
	for pass := range passes {
		step := 7919 + 2*pass
		for gcd(step, len(all)) != 1 {
			step++
		}
		for i, k := 0, 0; i < len(all); i, k = i+1, (k+step)%len(all) {
			e := all[k]
			sum := 0.0
			for _, f := range e.features {
				if counts[f] >= minCount {
					sum += w[f]
				}
			}
			d := e.owner - 1/(1+math.Exp(-sum))
			for _, f := range e.features {
				if counts[f] < minCount {
					continue
				}
				x := d - penalty*w[f]*float64(len(all))/float64(counts[f])
				g[f] += x * x
				w[f] += rate * x / math.Sqrt(g[f]+1e-8)
			}
		}
	}
	return w
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
