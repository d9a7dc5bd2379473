"""Names in letters that many children are given: what tells a given name from a surname.

Written for this project, from public knowledge of common given names of many countries, with their
short forms and spellings. A name that is missing here costs a question and no merge.
"""

from __future__ import annotations

from typing import Final

_WORDS = """
adam adele adrian adriana agnes ahmad ahmed aidan aiden aisha alan alana alba albert alberta aldo
alec alex alexa alexander alexandra alexandre alexis alfred ali alice alicia alina aline alisa
alison alla allan allen allison alma alva alvin alya amal amalia amanda amara amelia amelie amin
amina amir amira amy ana anastasia anders andre andrea andreas andrei andres andrew andy ane angel
angela angelica angelina angelo angus anh anika anita anja ann anna annabel anne annette annie
anthony antoine anton antonia antonio anya april arda ari aria ariana arjun arlene armand arne
arthur arya asha ashley ashton asma astrid aurelia austin ava avery axel aya ayla aylin ayse baran
barbara bart beatrice bella ben benedict benjamin bernard bernd beth betty bianca bill billie
billy bjorn blake bob bobby boris brad brandon brenda brendan brenna brent brett brian brianna
bridget brody bruce bruno bryan bryce caleb callum calum cameron camila camilla camille carina
carl carla carlo carlos carly carmen carol carole carolina caroline carolyn carrie carter casey
cassandra catarina catherine cathy cecile cecilia celia celina celine charlene charles charlie
charlotte chase chelsea cheryl chiara chloe chris christa christian christiane christina christine
christoph christopher cindy claire clara clare claude claudia claudio clemens clive cody colin
connie connor conor constance corina corinna corinne craig cristian cristiana cristina crystal
curtis cynthia daisy dale damian damien damon dan dana daniel daniela daniele daniella danielle
danny dante daphne daria darin dario darren darrin daryl dave david davide dean deanna debbie
deborah delia delphine denis denise dennis derek diana diane diego dieter dimitri dirk dmitri
dmitry dominic dominik dominique don donald donna dora doreen dorian doris dorothea dorothy doug
douglas dror duncan dylan earl eddie edgar edith edmund edna edouard eduard eduardo edward edwin
eileen elaine eleanor elena eleni eli elia elias elijah elin elina elisa elisabeth elise eliza
elizabeth ella elle ellen ellie elliot elliott elsa elsie elton elva elvin elvira emil emilia
emilie emilio emily emma emmanuel emre enrico eric erica erich erik erika erin ernest ernst esra
esther ethan etienne eugene eva evan eve evelyn fabian fabien fabio faith farah fatima fatma
felicia felix ferdinand fernanda fernando filip filippa finn fiona florence florian floyd frances
francesca francesco francis francisca francisco franco francois frank franz fred frederic
frederick frieda fritz gabriel gabriela gabriele gabriella gabrielle gail gareth gary gavin gemma
gene geoffrey george georgia georgina gerald geraldine gerard gerd gerda gerhard gina giorgia
giorgio giovanna giovanni gisela giulia giulio glen glenn gloria gordon grace graham grant greg
gregor gregory greta guido gunnar gus gustav guy gwen hana hanna hannah hannes hans harald harold
harriet harris harrison harry harvey hasan hassan hayden hazel heather hector heidi heiko helen
helena helene helga henri henrik henry herbert herman hilary hilda holly hope howard hugh hugo
huseyin ian ibrahim ida igor iliana ilona ilse ina ines inga inge ingrid ioana ira irena irene
irina iris isaac isabel isabella isabelle isla ismael ismail ivan ivana ivo jack jackie jackson
jacob jacqueline jade jaden jake jakob james jamie jan jana jane janet janice janine jared jasmin
jasmine jason javier jay jayden jayla jean jeanne jeannette jeff jeffrey jenna jennifer jenny jens
jeremy jerome jerry jesse jessica jessie jill jim jimmy joan joana joanna joanne joel joern johan
johann johanna johannes john johnny jon jonah jonas jonathan jordan jorge jose josef josefine
joseph josephine josh joshua joy joyce juan juana jude judith judy julia julian juliana juliane
julie julien juliet juliette julio julius june justin justina justine kai kaiden kaitlin kaitlyn
kara karen karim karin karina karl karla karol kasper kate katelyn katerina katharina katherine
kathleen kathrin kathryn kathy katie katja katrin katrina katya kay kaya kayden kayla kayleigh
keira keith kelly kelvin ken kenji kenneth kerry kevin khalid kian kiera kieran kim kimberley
kimberly kira kirk kirsten kirstin klara klaus krista kristen kristian kristin kristina kristine
kurt kyle kyra lachlan lana lara larissa larry lars laura lauren laurence laurent laurie lawrence
lea leah leanne leila lena lene leo leon leona leonard leonardo leonie leroy lesley leslie levi
lewis lia liam lian liana lidia lila lili lilian liliana lillian lilly lily lina linda lindsay
linh linus lionel lisa lise liv livia liz logan lois lola lora loren lorena lorenzo loretta
lorraine lottie louis louisa louise luc luca lucas lucia luciana lucie lucien lucy luis luisa luka
lukas luke luna lydia lyla lynn mackenzie madeleine madeline madison magdalena maggie mai maia
maja malcolm malia malik manfred manuel manuela mara marc marcel marcela marcella marcia marco
marcos marcus margaret margarita margot maria mariah mariam marian mariana marianna marianne marie
mariella marietta marilyn marin marina mario marion marisa marissa marjorie mark marko markus
marlena marlene marlon marta martha martin martina martine marvin mary maryam mason mateo mathias
mathieu mathilda matilda matt matteo matthew matthias maud maureen maurice max maxim maxime
maximilian maya megan mehmet mei melanie melina melinda melissa melody mercedes meredith merle mia
micah micha michael michaela michaella michel michele michelle miguel mihai mika mikael mikaela
mike mikhail mila milan milena miles millie milo mina minh minjun mira miranda miriam mirjam misha
mitchell mohamed mohammad mohammed molly mona monica monika monique morgan moritz muhammad musa
mustafa myra nadia nadine nancy naomi natalia natalie natasha nathalie nathan nathaniel neil nell
nellie neville niamh nicholas nick nicola nicolas nicole niels nigel nika nikita niklas nikolai
nils nina noah noel noelle noemi nolan nora norma norman nour olaf ole oleg olena olga oliver
olivia olivier omar oscar oskar otto owen pablo paige pam pamela paola paolo pascal pascale pat
patricia patrick patrik paul paula paulina pauline pavel pedro peggy penelope penny per perry
peter petra phil philip philipp philippa philippe phillip phoebe phyllis pia piero pierre piotr
polly priya quentin quinn rachel rachelle rafael rainer raisa raj rajesh ralf ralph ramon ramona
randy raoul raphael rasmus raul ray raymond rebecca regina reiner renata renate rene renee rhys
ria ricardo rich richard rick ricky riley rita rob robbie robert roberta roberto robin rocco
rodney roger roland rolf roman romy ron ronald ronja ronnie rory rosa rosalie rosanna rose
rosemary rosie ross roxana roxanne roy ruben rudolf rudy rupert russell ruth ryan sabina sabine
sabrina sadie sally sam samantha samir samira samuel sandra sandy sara sarah sasha saskia savannah
scott sean sebastian selena selina selma serena serge sergei sergio shane shania shannon sharon
shaun shawn sheila shelby shelley sherry shirley sian sienna sigrid silke silvia simon simona
simone sofia sofie sonia sonja sophia sophie stacey stacy stan stefan stefanie stella stephan
stephanie stephen steve steven stewart stuart sue summer susan susana susanna susanne suzanne sven
svenja svetlana sylvia sylvie tabitha talia tamara tania tanja tanya tara taylor ted teresa
terrence terri terry tess tessa thea theo theodor theodora theodore theresa therese thomas tia
tiana tiffany till tim timo timothy tina tobias todd tom tomas tommy toni tony tracey tracy travis
trevor trina tristan tyler tyson ulf uli ulrich ulrike ursula uwe valentin valentina valerie
vanessa vanja vera verena veronica veronika vicky victor victoria vikram viktor viktoria vincent
viola violet virginia vivian viviana vivien vladimir wade walter wanda warren wayne wendy wesley
wilfred wilhelm will william willow wilma wilson winston wolfgang xander xavier yana yann yara
yasmin yasmina yolanda yosef youssef yuki yuri yusuf yves yvette yvonne zac zach zachary zahra
zara zeynep zoe zoey zora
"""
_GIVEN: Final = frozenset(_WORDS.split())


def is_given(word: str) -> bool:
    """Whether many children are given this name; in lower case, without accents."""
    return word in _GIVEN
