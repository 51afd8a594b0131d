package privacy

import "bytes"

// keyRule is the shape of one vendor's keys: a prefix, then between min and max characters of an alphabet.
type keyRule struct {
	prefix   string
	min, max int
	alphabet func(byte) bool
}

func word(c byte) bool     { return alnum(c) || c == '_' || c == '-' }
func upperNum(c byte) bool { return upper(c) || digit(c) }
func lowerHex(c byte) bool { return digit(c) || c >= 'a' && c <= 'f' }
func dotted(c byte) bool   { return word(c) || c == '.' }

// keyRules are shapes that vendors publish for their keys (the method of gitleaks: a prefix, a length, an alphabet). The first that fits counts.
var keyRules = []keyRule{
	{"AKIA", 16, 16, upperNum}, {"ASIA", 16, 16, upperNum}, // Amazon Web Services
	{"AIza", 35, 35, word},                                                                                                                                                                  // Google
	{"ya29.", 20, 400, word},                                                                                                                                                                // Google OAuth
	{"GOCSPX-", 28, 28, word},                                                                                                                                                               // Google OAuth client
	{"ghp_", 36, 36, alnum}, {"gho_", 36, 36, alnum}, {"ghu_", 36, 36, alnum}, {"ghs_", 36, 36, alnum}, {"ghr_", 36, 36, alnum}, {"github_pat_", 60, 100, word}, {"glpat-", 20, 64, dotted}, // code hosts
	{"sk-ant-", 32, 200, word}, {"sk-proj-", 32, 300, word}, {"sk-or-", 32, 200, word}, {"sk-", 20, 200, word}, // language models
	{"sk_live_", 16, 250, alnum}, {"sk_test_", 16, 250, alnum}, {"rk_live_", 16, 250, alnum}, {"rk_test_", 16, 250, alnum}, {"pk_live_", 16, 250, alnum}, {"whsec_", 24, 80, alnum}, // Stripe
	{"xoxb-", 20, 250, word}, {"xoxp-", 20, 250, word}, {"xoxa-", 20, 250, word}, {"xoxr-", 20, 250, word}, {"xoxs-", 20, 250, word}, {"xapp-", 20, 250, word}, // Slack
	{"hf_", 30, 40, alnum},                           // Hugging Face
	{"npm_", 36, 36, alnum},                          // npm
	{"pypi-", 50, 250, word},                         // PyPI
	{"SG.", 60, 80, dotted},                          // SendGrid
	{"dop_v1_", 64, 64, lowerHex},                    // DigitalOcean
	{"shpat_", 32, 32, hex}, {"shpss_", 32, 32, hex}, // Shopify
	{"LTAI", 12, 24, alnum},                         // Alibaba Cloud
	{"AKID", 32, 32, alnum},                         // Tencent Cloud
	{"SK", 32, 32, lowerHex},                        // Twilio
	{"AC", 32, 32, lowerHex},                        // Twilio account
	{"key-", 32, 32, lowerHex},                      // Mailgun
	{"eyJ", 60, 4000, dotted},                       // JSON web token
	{"r8_", 37, 37, alnum}, {"gsk_", 40, 60, alnum}, // Replicate, Groq
}

// apiKey returns the end of a key that holds b[start:end], or 0. The token grows over -, _ and dots first: keys hold them.
func (s *Scanner) apiKey(start, end int) int {
	if !s.Kinds.has(APIKey) || end <= s.judged {
		return 0
	}
	b := s.b
	for low := s.free(); start > low && dotted(b[start-1]); {
		start--
	}
	for start < end && !alnum(b[start]) {
		start++
	}
	for end < len(b) && dotted(b[end]) {
		end++
	}
	s.judged = end
	if end-start < 15 {
		return 0
	}
	for _, r := range keyRules {
		if b[start] != r.prefix[0] || !bytes.HasPrefix(b[start:end], []byte(r.prefix)) {
			continue
		}
		k := start + len(r.prefix)
		for k < end && k-start-len(r.prefix) < r.max && r.alphabet(b[k]) {
			k++
		}
		for k > start && (b[k-1] == '.' || b[k-1] == '-') {
			k-- // of the sentence
		}
		if k-start-len(r.prefix) < r.min || k < len(b) && alnum(b[k]) {
			continue
		}
		if r.prefix == "eyJ" && bytes.Count(b[start:k], []byte(".")) != 2 {
			continue
		}
		if r.prefix == "sk-" && !mixed(b[start+3:k]) {
			continue
		}
		return s.add(APIKey, start, k)
	}
	return 0
}

// mixed reports whether a key is random enough: digits and letters, and no run of letters as long as a word in a hyphenated name.
func mixed(b []byte) bool {
	digits, letters := 0, 0
	for _, c := range b {
		if digit(c) {
			digits++
		} else if alnum(c) {
			letters++
		}
	}
	return digits >= 2 && letters >= 4 && digits*20 >= len(b)
}

// privateKeys notes the blocks of PEM files that hold a private key, from BEGIN to END.
func (s *Scanner) privateKeys() {
	marker := []byte("PRIVATE KEY-----")
	for from := 0; from < len(s.b); {
		i := bytes.Index(s.b[from:], marker)
		if i < 0 {
			return
		}
		i += from
		begin := bytes.LastIndex(s.b[from:i], []byte("-----BEGIN "))
		if begin < 0 || i-(from+begin) > 40 {
			from = i + len(marker)
			continue
		}
		begin += from
		end := bytes.Index(s.b[i+len(marker):], marker)
		if end < 0 || bytes.Contains(s.b[i+len(marker):i+len(marker)+end], []byte("-----BEGIN ")) {
			from = i + len(marker)
			continue
		}
		from = i + 2*len(marker) + end
		s.blocks = append(s.blocks, Span{begin, from, APIKey})
	}
}
