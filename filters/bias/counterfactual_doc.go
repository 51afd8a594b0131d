package bias

import "winnow/internal/spec"

const counterfactualDoc = `A model learns that nurses are women from texts in which they are. This step writes each such text a second time with the words of the two groups swapped
(` + "`mode: both`" + `), or swaps a share of the rows in place (` + "`mode: replace`" + `): afterwards both groups stand in the same sentences.

With ` + "`both`" + ` the copy stands right after its row, its id ends in ` + "`#cf`" + `, and the column ` + "`pair`" + ` of both holds the row's id, so that batches and splits can keep them together. The
column ` + "`gender`" + ` says of whom each of them speaks. Rows without a word to swap have no copy.

What is handled, in English: he, she, him, his, her, hers and the reflexives, with her → him or his and his → her or hers decided by the words around (learned from "his" and "him" in
books); Mr, Mrs, Ms, Miss; kinship, titles and occupations with a form for each (king, actress, chairman), plurals, capitals, contractions and possessives; compounds (ex-wife); first names
by a table of names of about the same frequency. In Chinese: 他 and 她, kinship, 先生 and 女士, 男 and 女 in compounds (男医生, 女生). Messages and sides of a pair are swapped together.

What stays: fixed phrases (mother tongue, king size, 其他, 子女, 妇科), titles of works in quotation marks or 《》, names of things and persons that are written with capitals (Lady Gaga, Her
Majesty, Spider Man), author lines, sentences that speak of a body of one sex (pregnancy, prostate, 怀孕, 前列腺), and what ` + "`keep`" + ` names.

What it cannot do: know who is a real person (a biography gets another pronoun: do not use the step where facts about persons are to be learned), change Chinese names, find new words for
what has no counterpart (nun becomes monk, Mr becomes Mrs and never Ms), see that two sentences speak of one person when one of them stays.

A list of your own:

    name: age
    groups: [young, old]
    pairs: {en: [young old, youth age], zh: [年轻 年老]}
    one_way: {en: [teenager pensioner]}     # only as written
    keep: {en: [old town]}                  # phrases that stay
    sex: {}                                 # words whose sentences stay

Sources: Lu et al. 2018 and Zhao et al. 2018 (counterfactual augmentation), Hall Maudslay et al. 2019 (names by frequency).`

var counterfactualCases = []spec.Case{
	{Params: "mode: replace", In: "She said her brother had told her to wait.", Out: "He said his sister had told him to wait."},
	{Params: "mode: replace", In: "The book is his. He's late; I saw him.", Out: "The book is hers. She's late; I saw her."},
	{Params: "mode: replace", In: "Mr. Brown and his wives", Out: "Mrs. Brown and her husbands"},
	{Params: "mode: replace", In: "Mary gave the actress her coat.", Out: "John gave the actor his coat."},
	{Params: "mode: replace", In: "German is my mother tongue.", Out: "="},
	{Params: "mode: replace", In: "The patient was told that her pregnancy was normal.", Out: "="},
	{Params: "mode: replace", In: "他说他妈妈是女医生，爸爸是护士。", Out: "她说她爸爸是男医生，妈妈是护士。"},
	{Params: "mode: replace", In: "其他人的子女去了妇科。", Out: "="},
	{Params: "{mode: replace, keep: [Mother Teresa]}", In: "He met Mother Teresa.", Out: "She met Mother Teresa."},
}
