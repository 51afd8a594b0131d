package privacy

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is a kind of personal data.
type Kind uint8

// The kinds, named as in the recipe.
const (
	Email Kind = iota
	PhoneIntl
	PhoneCNMobile
	IPv4
	IPv6
	CreditCard
	BankCardCN
	IBAN
	USSSN
	CNResidentID
	CNPassport
	CNPlate
	Crypto
	APIKey
	numKinds
)

var kindNames = [numKinds]string{"email", "phone_intl", "phone_cn_mobile", "ipv4", "ipv6", "credit_card", "bank_card_cn", "iban", "us_ssn", "cn_resident_id",
	"cn_passport", "cn_plate", "crypto", "api_key"}

// tagNames are what stands in a text for a value: a reader and a model need not know more.
var tagNames = [numKinds]string{"EMAIL", "PHONE", "PHONE", "IP", "IP", "CARD", "CARD", "IBAN", "SSN", "CN_ID", "PASSPORT", "PLATE", "CRYPTO", "API_KEY"}

// kindGroups are short names for several kinds.
var kindGroups = map[string][]Kind{
	"phone":    {PhoneIntl, PhoneCNMobile},
	"ip":       {IPv4, IPv6},
	"card":     {CreditCard, BankCardCN},
	"ssn":      {USSSN},
	"cn_id":    {CNResidentID},
	"id":       {USSSN, CNResidentID, CNPassport},
	"passport": {CNPassport},
	"plate":    {CNPlate},
}

// String returns the kind's name in a recipe.
func (k Kind) String() string { return kindNames[k] }

// Tag returns the word that a redaction puts into the text, without brackets.
func (k Kind) Tag() string { return tagNames[k] }

// Kinds lists all kinds.
func Kinds() []Kind {
	out := make([]Kind, numKinds)
	for i := range out {
		out[i] = Kind(i)
	}
	return out
}

// kindSet is a set of kinds, one bit each.
type kindSet uint32

func (s kindSet) has(k Kind) bool { return s>>k&1 != 0 }

const allKinds kindSet = 1<<numKinds - 1

// parseKinds reads names of kinds and of groups; an empty list means all.
func parseKinds(names []string) (kindSet, error) {
	var s kindSet
	for _, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if i := slices.Index(kindNames[:], name); i >= 0 {
			s |= 1 << i
			continue
		}
		group := kindGroups[name]
		if group == nil {
			return 0, fmt.Errorf("there is no kind %q of personal data; the kinds are %s, and for several at once phone, ip, card, id, ssn, cn_id, passport, plate", name,
				strings.Join(kindNames[:], ", "))
		}
		for _, k := range group {
			s |= 1 << k
		}
	}
	if s == 0 {
		s = allKinds
	}
	return s, nil
}
