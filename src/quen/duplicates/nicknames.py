"""Short forms of Western given names: two names of one line may be one person's."""

from __future__ import annotations

_GROUPS = """
robert rob bob bobby robbie bert
william will bill billy willie liam
richard rich rick ricky dick richie
james jim jimmy jamie jem
john johnny jon jack johnnie
jonathan jon jonny nathan
michael mike mick mickey micky mikey
thomas tom tommy
charles charlie chuck chas chaz
edward ed eddie ted teddy ned
edmund ed eddie ned
edwin ed eddie
joseph joe joey jo
daniel dan danny
david dave davey davy
matthew matt matty
andrew andy drew
anthony tony ant
antonio tony
christopher chris kit topher
christian chris
steven steve stevie
stephen steve stevie
nicholas nick nicky nico
benjamin ben benny benji
samuel sam sammy
samantha sam sammy
alexander alex al sandy xander alec
alexandra alex sandra lexi sasha
albert al bert
alfred alf alfie fred
frederick fred freddie freddy
francis frank frankie fran
frances fran frankie fanny
gregory greg
geoffrey geoff jeff
jeffrey jeff
gerald gerry jerry
jeremy jem jez jerry
henry harry hank hal
harold harry hal
harrison harry
george georgie
peter pete
patrick pat paddy rick
patricia pat patty trish tricia
philip phil pip
phillip phil pip
ronald ron ronnie
donald don donnie
raymond ray
kenneth ken kenny
kevin kev
lawrence larry laurie
leonard len lenny leo
leonardo leo
louis lou louie
martin marty
maximilian max
nathaniel nathan nate nat
oliver ollie
oscar ossie
reginald reg reggie
simon si
stanley stan
theodore theo ted teddy
timothy tim timmy
tobias toby
vincent vince vinny
victor vic
victoria vicky vicki tori vic
walter walt wally
zachary zach zack zac
joshua josh
jacob jake
gabriel gabe
isaac ike zac
dominic dom
cameron cam
archibald archie
elizabeth liz lizzie beth betty eliza libby bess bessie elsie
margaret maggie meg peggy marge margie greta daisy
katherine kate kathy katie kat kitty kay
catherine cate cathy katie kate kitty cat
kathleen kathy kath
jennifer jen jenny
jessica jess jessie
rebecca becky becca
deborah deb debbie
susan sue susie suzy
suzanne sue suzy
barbara barb babs
dorothy dot dottie dolly
mary molly polly mae maria marie
martha marty
ann anne annie anna nan nancy
anna annie ann
hannah anna
amanda mandy
pamela pam
cynthia cindy
christine chris christy tina chrissy
christina chris tina christy
eleanor ellie nell nora
ellen ellie nell
helen nell
emily em emmy
emma em
florence flo florrie
georgina georgie gina
gwendoline gwen
isabella bella izzy isabel
isabelle bella izzy belle
jacqueline jackie
janet jan
judith judy
julia julie jules
julian jules
laura laurie
louise lou
madeleine maddie
madison maddie
melissa mel
melanie mel
michelle shelly
natalie nat
olivia liv livvy olive
penelope penny
philippa pippa
phoebe phebe
rosemary rose rosie
sarah sally sadie
sophia sophie
stephanie steph
teresa terry tess
theresa terry tess
veronica ronnie
virginia ginny
abigail abby gail
charlotte lottie charlie
evelyn evie eve
grace gracie
lillian lily
matilda tilly
millicent millie
amelia millie amy
winifred winnie
"""
_LONG_FORMS: dict[str, list[str]] = {}
for _line in _GROUPS.strip().splitlines():
    _long, *_short = _line.split()
    for _name in (_long, *_short):
        _LONG_FORMS.setdefault(_name, []).append(_long)


def called(given: str) -> list[str]:
    """The folded given name and the names it may be short for: compare two by what they have in common.

    >>> sorted(set(called("bob")) & set(called("robert")))
    ['robert']
    """
    return list(dict.fromkeys([*_LONG_FORMS.get(given, ()), given]))
