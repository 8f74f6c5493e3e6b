package config

import "testing"

func TestAProblemReadsAsCompilersWriteTheirs(t *testing.T) {
	for want, p := range map[string]Problem{
		"eagre.yaml:14:3: bad":              {File: "eagre.yaml", Line: 14, Col: 3, Message: "bad"},
		"eagre.yaml:1:1: warning: odd":      {File: "eagre.yaml", Line: 1, Col: 1, Severity: Warning, Message: "odd"},
		"env EAGRE_DATA_DIR: bad":           {File: "env EAGRE_DATA_DIR", Message: "bad"},
		"eagre.yaml: cannot be read: so so": {File: "eagre.yaml", Message: "cannot be read: so so"},
	} {
		wantSame(t, "problem", want, p.String())
	}
	wantSame(t, "severities", "error warning", Error.String()+" "+Warning.String())
}
