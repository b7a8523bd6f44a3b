"""PalmSens instruments that run MethodSCRIPT, as they behave on the wire (EmStat Pico, EmStat4).

Sources, cited below by these names:

- manual: *MethodSCRIPT* manual v1.8 (2025-10) and its appendix A of error codes;
- protocol: *Communication protocol for EmStat Pico* v1.6 and *for EmStat4* v1.3;
- examples: the vendor's repository ``PalmSens/MethodSCRIPT_Examples`` (Python and ``.mscr`` files);
- SDK: the vendor's PyPalmSens documentation.

What none of them says is marked "assumed" where it stands.
"""
