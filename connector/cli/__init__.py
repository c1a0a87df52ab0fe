"""The command line. `main` names the verbs; each verb is imported when it is called."""
