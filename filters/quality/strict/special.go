package strict

import "strings"

// Words that spaCy's English keeps whole or cuts in a way of their own (spacy/lang/en/tokenizer_exceptions.py).

var whole = words(`Adm. Ak. Ala. Apr. Ariz. Ark. Aug. Bros. Calif. Co. Colo. Conn. Corp. D.C. Dec. Del. Dr. E.G. E.g. Feb. Fla. Ga. Gen. Gov. I.E. I.e. Ia. Id. Ill. Inc. Ind. Jan. Jr.
Jul. Jun. Kan. Kans. Ky. La. Ltd. Mar. Mass. Md. Messrs. Mich. Minn. Miss. Mo. Mont. Mr. Mrs. Ms. Mt. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. Ore. Pa. Ph.D. Prof. Rep.
Rev. S.C. Sen. Sep. Sept. St. Tenn. Va. Wash. Wis. a.m. p.m. co. e.g. i.e. v.s. vs. and/or w/o C++ o'clock ma'am 'em doin' goin' havin' lovin' nothin' nuthin' somethin' ' '' — (: (; (= ): 8) :( :) :* :/ :0 :1 :3 :> :] :| :} ;) =( =) =/ =3 =[ =] =|
[: [= ]= 0.0 0_0 ^_^ -_- <3 </3 a. b. c. d. e. f. g. h. i. j. k. l. m. n. o. p. q. r. s. t. u. v. w. x. y. z.`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// Contractions are cut before their ending: can't is ca and n't. parts maps a whole contraction to the bytes of its first token.
var parts = contractions()

func contractions() map[string]int {
	m := map[string]int{}
	add := func(first, second string) {
		for _, mark := range []string{"'", "’"} {
			second := strings.ReplaceAll(second, "'", mark)
			for _, f := range []string{first, strings.ToUpper(first[:1]) + first[1:]} {
				m[f+second] = len(f)
			}
		}
	}
	for _, w := range strings.Fields("you he she it we they that this these those there who what when where why how i") {
		for _, e := range []string{"'ll", "'d", "'ve", "'re"} {
			add(w, e)
		}
		add(w, "'s")
	}
	add("i", "'m")
	for _, w := range strings.Fields("ai are ca could dare did does do had has have is may might must need ought sha should was were wo would") {
		add(w, "n't")
		if w != "were" {
			add(w, "nt")
		}
	}
	for _, w := range strings.Fields("could might must should would") {
		add(w, "'ve")
		add(w, "ve")
	}
	add("can", "not")
	add("gon", "na")
	add("got", "ta")
	add("let", "'s")
	for _, w := range strings.Fields("you they we") {
		for _, e := range []string{"ve", "re"} {
			if w+e != "were" {
				add(w, e)
			}
		}
	}
	add("i", "m")
	add("i", "ve")
	add("i", "d")
	add("he", "s")
	add("that", "s")
	add("what", "s")
	add("there", "s")
	add("we", "d")
	for h := 1; h <= 12; h++ {
		for _, e := range []string{"am", "pm", "a.m.", "p.m."} {
			n := "0123456789"[h%10 : h%10+1]
			if h >= 10 {
				n = "1" + n
			}
			m[n+e] = len(n)
		}
	}
	return m
}

// special returns the bytes of the first token of a word that has a rule of its own, len(s) of one that stays whole, 0 of any other.
func special(s string) int {
	if n, ok := parts[s]; ok {
		return n
	}
	if whole[s] {
		return len(s)
	}
	return 0
}
